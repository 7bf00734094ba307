// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class StoreFaults : public CommandTest {
protected:
    Finished hello(Arguments more = {}) const {
        more.insert(more.begin(), {"run", example("hello"), "--input", R"({"name": "Ada"})"});
        return millrace(more);
    }
    fs::path database() const { return fs::path{data()} / "millrace.db"; }

    void expect_usable_with(std::size_t runs) const {
        EXPECT_EQ(executions().size(), runs);
        EXPECT_EQ(hello().status, 0);
        EXPECT_EQ(executions().size(), runs + 1);
    }
};

TEST_F(StoreFaults, AFolderThatMayNotBeWrittenIsNamed) {
    fs::permissions(folder.path(), fs::perms{0755});
    fs::create_directory(data());
    fs::permissions(data(), fs::perms{0555});
    ProcessOptions how = options({"run", example("hello"), "--input", R"({"name": "Ada"})"});
    how.ignores_permissions = false;
    const Finished finished = run(how);
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr(data()));
    EXPECT_TRUE(fs::is_empty(data()));
    fs::permissions(data(), fs::perms{0755});
    EXPECT_EQ(hello().status, 0);
}

TEST_F(StoreFaults, AReadOnlyFolderCanStillBeRead) {
    ASSERT_EQ(hello().status, 0);
    fs::permissions(folder.path(), fs::perms{0755});
    for (const auto& file : fs::directory_iterator{data()})
        fs::permissions(file, fs::perms{0444});
    fs::permissions(data(), fs::perms{0555});
    ProcessOptions how = options({"executions", "list", "--json"});
    how.ignores_permissions = false;
    const Finished listed = run(how);
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_EQ(at(json(listed.out), "items").size(), 1u);
    ProcessOptions writing = options({"run", example("hello"), "--input", R"({"name": "Ada"})"});
    writing.ignores_permissions = false;
    const Finished refused = run(writing);
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr(data()));
    fs::permissions(data(), fs::perms{0755});
}

TEST_F(StoreFaults, AFileThatIsNoDatabaseIsNamedAndLeftAsItIs) {
    const std::string garbage(8192, 'x');
    write_file(database(), garbage);
    const Finished finished = hello();
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr(database().string()));
    EXPECT_EQ(read_file(database()), garbage);
}

TEST_F(StoreFaults, ADamagedDatabaseIsAnErrorAndNoCrash) {
    ASSERT_EQ(hello().status, 0);
    // A backup holds everything in one file.
    const std::string copy = (folder / "copy.db").string();
    ASSERT_EQ(millrace({"db", "backup", copy}).status, 0);
    fs::remove_all(data());
    std::string content = read_file(copy);
    ASSERT_GT(content.size(), 8192u);
    for (std::size_t i = 4096; i < content.size(); ++i)
        content[i] = static_cast<char>(i * 7);
    write_file(database(), content);
    for (const Finished& finished : {hello(), millrace({"executions", "list"})}) {
        EXPECT_EQ(finished.status, 1) << finished.err;
        EXPECT_THAT(finished.out, IsEmpty());
        EXPECT_THAT(finished.err, HasSubstr("error: "));
    }
}

/// start -> first -> second, requests both, on a disk that the test fills and frees.
class FullDisk : public StoreFaults {
protected:
    ProcessOptions on_this_disk(Arguments arguments) const {
        ProcessOptions made = options(std::move(arguments));
        made.environment = {{"LD_PRELOAD", MILLRACE_FULL_DISK},
                            {"MILLRACE_TEST_FULL_DISK", mark().string()}};
        return made;
    }
    fs::path mark() const { return folder / "full"; }
    void fill() const { write_file(mark(), "full"); }
    void free() const { fs::remove(mark()); }
    Arguments two_calls() const {
        return {"run", folder.file("two.workflow.yaml", R"(millrace: 1
id: two
variables: { base: null }
nodes:
  - { id: start, type: trigger.manual }
  - { id: first, type: http.request, data: { method: POST, url: "{{ vars.base }}/first" } }
  - { id: second, type: http.request, data: { method: POST, url: "{{ vars.base }}/second" } }
connections: [start -> first -> second]
outputs: { done: "{{ nodes.second.out.status }}" }
)"),
                "--var", "base=" + server.url("")};
    }

    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    HttpServer server{[this](const ServedRequest& request) {
        Reply reply = Reply::text("done");
        if (request.target == "/first") reply.gate = gate;
        return reply;
    }};
};

TEST_F(FullDisk, RefusesAStartAndLosesNothing) {
    ASSERT_EQ(hello().status, 0);
    fill();
    const Finished refused =
        run(on_this_disk({"run", example("hello"), "--input", R"({"name": "Ada"})"}));
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.out, IsEmpty());
    EXPECT_THAT(refused.err, HasSubstr("full"));
    free();
    expect_usable_with(1);
}

TEST_F(FullDisk, IsWaitedForInTheMiddleOfARun) {
    const auto process = start(on_this_disk(two_calls()));
    server.wait_for_requests(1);
    fill();
    gate->open();
    ASSERT_TRUE(process->wait_for_error_text("full")) << process->err_so_far();
    EXPECT_EQ(server.requests().size(), 1u);  // what is not recorded leads to nothing
    free();
    const Finished finished = process->wait();
    EXPECT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(json(finished.out), json(R"({"done": 200})"));
    EXPECT_EQ(server.requests().size(), 2u);
    expect_usable_with(1);
}

TEST_F(FullDisk, FollowedByAKillCostsOneCall) {
    const auto process = start(on_this_disk(two_calls()));
    server.wait_for_requests(1);
    fill();
    gate->open();
    ASSERT_TRUE(process->wait_for_error_text("full")) << process->err_so_far();
    process->signal(SIGKILL);
    process->wait();
    free();
    const Finished resumed = millrace({"executions", "resume", "--all"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    const std::vector<ServedRequest> requests = server.requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    EXPECT_EQ(requests[2].target, "/second");
    expect_usable_with(1);
}

TEST_F(FullDisk, AlsoWhenItIsALimitOnFiles) {
    ASSERT_EQ(hello().status, 0);
    ProcessOptions limited = options({"run", example("hello"), "--input", "-"});
    limited.input = R"({"name": ")" + std::string(3u << 20, 'x') + R"("})";
    limited.file_size_max = 1u << 20;
    const Finished refused = run(limited);
    EXPECT_EQ(refused.status, 1) << refused.err;
    EXPECT_THAT(refused.out, IsEmpty());
    EXPECT_THAT(refused.err, HasSubstr("error: "));
    expect_usable_with(1);
}

}  // namespace
}  // namespace millrace::testing
