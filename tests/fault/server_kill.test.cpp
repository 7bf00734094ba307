// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "loaded_server.hpp"
#include "moments.hpp"
#include "support/command.hpp"

// A server under load that is killed again and again, and one that runs for long.

namespace millrace::testing {
namespace {

using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr std::size_t clients = 4;
constexpr std::chrono::milliseconds patience{60'000};

/// An effect of its own and a timer, so that kills fall into all that an execution does.
std::string effectful(const std::string& base) {
    return "millrace: 1\nid: load\nnodes:\n  - { id: start, type: trigger.manual }\n"
           "  - { id: call, type: http.request, data: { method: POST, url: \"" +
           base + R"(/e{{ inputs.n }}", body: { n: "{{ inputs.n }}" } } }
  - { id: pause, type: flow.delay, data: { for: 50ms } }
  - { id: twice, type: data.set, data: { keep: none, fields: { twice: "{{ inputs.n * 2 }}" } } }
connections: [start -> call -> pause -> twice]
outputs: { twice: "{{ nodes.twice.out.twice }}" }
)";
}

constexpr std::string_view pure = R"(
millrace: 1
id: load
nodes:
  - { id: start, type: trigger.manual }
  - { id: once, type: data.set, data: { keep: none, fields: { n: "{{ inputs.n }}" } } }
  - { id: twice, type: data.set, data: { keep: none, fields: { twice: "{{ input.n * 2 }}" } } }
connections: [start -> once -> twice]
)";

class ServerKill : public CommandTest {
protected:
    /// Whether the execution completed with what its n makes; waits for its end.
    static std::string state_of(const ServedFolder& server, const std::string& id, std::size_t n) {
        const auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            const HttpAnswer answer = server.request({"GET", "/api/v1/executions/" + id, {}, {}});
            if (answer.status != 200) return std::to_string(answer.status) + " " + answer.body;
            const Value execution = json(answer.body);
            const Value status = at(execution, "status");
            if (status == "completed") {
                const auto twice = static_cast<std::int64_t>(n) * 2;
                return at(execution, "outputs.twice") == Value{twice} ? "right" : answer.body;
            }
            if (status == "failed" || status == "canceled") return answer.body;
            if (std::chrono::steady_clock::now() > until) return "stuck: " + answer.body;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    }
};

}  // namespace

TEST_F(ServerKill, WhatWasAcceptedIsThereAndEnds) {
    const std::size_t kills = kill_count(3);
    std::mt19937_64 random{kill_seed()};
    std::uniform_int_distribution<int> milliseconds{40, 400};
    runtime::testing::HttpServer outside{
        [](const runtime::testing::ServedRequest&) { return runtime::testing::Reply{}; }};
    ServedFolder server{data()};
    ASSERT_TRUE(server.start());
    server.create_workflow(effectful(outside.url("")));
    ExecutionLoad load{server, "load", clients, 1'000'000};

    for (std::size_t i = 0; i < kills; ++i) {
        const std::size_t before = load.accepted();
        std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds(random)});
        while (load.accepted() == before)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        server.kill();
        ASSERT_TRUE(server.start());
    }
    load.stop();

    const auto accepted = load.take_accepted();
    EXPECT_GE(accepted.size(), kills);
    for (const auto& [id, n] : accepted)
        ASSERT_EQ(state_of(server, id, n), "right") << id;
    EXPECT_THAT(load.refusals(), IsEmpty());
    EXPECT_EQ(server.end(), 0);
    std::cout << kills << " kills, " << accepted.size() << " accepted\n";
}

namespace {

std::uint64_t resident_bytes(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/statm"};
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    file >> pages >> resident;
    return resident * 4'096;
}

std::uint64_t file_bytes(const fs::path& file) {
    std::error_code failed;
    const auto bytes = fs::file_size(file, failed);
    return failed ? 0 : bytes;
}

struct Footprint {
    std::size_t accepted = 0;
    std::uint64_t resident = 0;
    std::uint64_t log = 0;
    std::uint64_t file = 0;
};

class Soak : public CommandTest {
protected:
    Footprint look(const ServedFolder& server, ExecutionLoad& load) const {
        const fs::path database = fs::path{data()} / "millrace.db";
        load.take_accepted();
        return {load.accepted(), resident_bytes(server.id()),
                file_bytes(database.string() + "-wal"), file_bytes(database)};
    }
    static void tell(const Footprint& seen) {
        std::cout << seen.accepted << " executions, " << seen.resident / 1024 << " KiB resident, "
                  << seen.log / 1024 << " KiB log, " << seen.file / 1024 << " KiB file\n"
                  << std::flush;
    }
    /// How many executions are stored, or more than `enough`.
    static std::size_t stored(const ServedFolder& server, std::size_t enough) {
        std::size_t count = 0;
        std::string cursor;
        do {
            const HttpAnswer page =
                server.request({"GET", "/api/v1/executions?limit=200" + cursor, {}, {}});
            EXPECT_EQ(page.status, 200) << page.body;
            if (page.status != 200) return count;
            count += at(json(page.body), "items").size();
            const Value next = at(json(page.body), "next_cursor");
            cursor = next.is_string() ? "&cursor=" + std::string{next.as_string()} : "";
        } while (!cursor.empty() && count <= enough);
        return count;
    }
    /// Waits until retention has left no more than `enough`.
    static std::size_t left(const ServedFolder& server, std::size_t enough) {
        const auto until = std::chrono::steady_clock::now() + patience;
        std::size_t count = stored(server, enough);
        while (count > enough && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds{200});
            count = stored(server, enough);
        }
        return count;
    }
};

}  // namespace

// MILLRACE_SOAK=1000000 starts a million executions and prints every few seconds what they cost.
TEST_F(Soak, ALongRunDoesNotGrow) {
    constexpr std::size_t kept = 500;
    const char* const wanted = std::getenv("MILLRACE_SOAK");
    const std::size_t count = wanted == nullptr ? 1'500 : std::strtoull(wanted, nullptr, 10);
    ServedFolder server{data(),
                        {{"MILLRACE_RETENTION_COUNT", std::to_string(kept)},
                         {"MILLRACE_RETENTION_INTERVAL", "1s"}}};
    ASSERT_TRUE(server.start());
    server.create_workflow(pure);
    std::vector<Footprint> seen;
    ExecutionLoad load{server, "load", wanted == nullptr ? clients : clients * 16, count};
    while (!load.is_done()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{wanted == nullptr ? 100 : 5'000});
        seen.push_back(look(server, load));
        if (wanted != nullptr) tell(seen.back());
    }
    load.join();

    EXPECT_THAT(load.refusals(), IsEmpty());
    EXPECT_EQ(load.accepted(), count);
    EXPECT_EQ(left(server, kept), kept);
    for (const Footprint& footprint : seen) {
        EXPECT_LT(footprint.log, 80u << 20);
        EXPECT_LT(footprint.resident, 400u << 20);
    }
    if (seen.size() >= 20) {
        const Footprint& early = seen[seen.size() / 4];
        EXPECT_LT(seen.back().resident, early.resident * 3 / 2);
        EXPECT_LT(seen.back().file, early.file * 2 + (128u << 20));
    }
    EXPECT_EQ(server.end(), 0);
}

}  // namespace millrace::testing
