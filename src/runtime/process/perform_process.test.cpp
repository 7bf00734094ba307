// SPDX-License-Identifier: Apache-2.0
#include "process/perform_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "testing/fixed_surroundings.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using testing::FixedSurroundings;
using ::testing::HasSubstr;
using ::testing::Not;

class PerformProcess : public ::testing::Test {
protected:
    // A worker has its signals blocked; this thread writes to pipes that may be closed, too.
    PerformProcess() { signal(SIGPIPE, SIG_IGN); }

    static engine::ProcessCall sh(std::string script) {
        engine::ProcessCall call;
        call.arguments = {"sh", "-c", std::move(script)};
        return call;
    }
    std::expected<Value, core::Failure> perform(const engine::ProcessCall& call) {
        return perform_process(call, world.surroundings, world.facts());
    }
    std::string output_of(const engine::ProcessCall& call) {
        const auto result = perform(call);
        return result ? std::string{result->find("stdout")->as_string()} : result.error().code;
    }

    FixedSurroundings world{{"sh", "cat"}};
};

TEST_F(PerformProcess, GivesStatusAndOutputs) {
    const auto result = perform(sh("echo out; echo err >&2"));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, Value::object({{"status", 0}, {"stdout", "out\n"}, {"stderr", "err\n"}}));
}

TEST_F(PerformProcess, TellsWhatAProgramHasUsed) {
    ChildProcess::Use use;
    AttemptFacts facts = world.facts();
    facts.program = &use;
    const auto done = perform_process(sh("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"),
                                      world.surroundings, facts);
    ASSERT_TRUE(done);
    EXPECT_GT(use.cpu.count(), 0);
    EXPECT_GT(use.memory, 100'000u);
}

TEST_F(PerformProcess, RunsNothingThatIsNotAllowed) {
    engine::ProcessCall call;
    call.arguments = {"ls"};
    const auto refused = perform(call);
    EXPECT_EQ(refused.error().code, "not_allowed");
    EXPECT_THAT(refused.error().message, HasSubstr("--allow-command"));
    call.arguments = {"/bin/../bin/sh"};
    EXPECT_EQ(perform(call).error().code, "not_allowed");
}

TEST_F(PerformProcess, FeedsAndCollectsMoreThanAPipeHolds) {
    engine::ProcessCall call;
    call.arguments = {"cat"};
    call.input = std::string(500'000, 'x');
    EXPECT_EQ(output_of(call), call.input);
}

TEST_F(PerformProcess, LetsAProgramIgnoreItsInput) {
    engine::ProcessCall call = sh("exec <&-; echo done");
    call.input = std::string(500'000, 'x');
    EXPECT_EQ(output_of(call), "done\n");
}

TEST_F(PerformProcess, ShowsAProgramNothingOfThisProcess) {
    setenv("MILLRACE_TEST_SECRET", "secret", 1);
    const std::string seen = output_of(sh("env; ls /proc/self/fd"));
    EXPECT_THAT(seen, Not(HasSubstr("secret")));
    EXPECT_THAT(seen, HasSubstr("MILLRACE_IDEMPOTENCY_KEY=run-1"));
    engine::ProcessCall call = sh("echo $A $PATH");
    call.environment = {{"A", "b c"}, {"PATH", "/nowhere"}};
    EXPECT_EQ(output_of(call), "b c /nowhere\n");
}

TEST_F(PerformProcess, JudgesByTheStatus) {
    engine::ProcessCall call = sh("echo why >&2; exit 3");
    const auto failed = perform(call);
    EXPECT_EQ(failed.error().code, "command_failed");
    EXPECT_EQ(*failed.error().details.find("status"), Value{3});
    EXPECT_EQ(*failed.error().details.find("stderr"), Value{"why\n"});
    call.success = {3};
    EXPECT_TRUE(perform(call));
    EXPECT_THAT(perform(sh("kill -TERM $$")).error().message, HasSubstr("SIGTERM"));
}

TEST_F(PerformProcess, ReadsJson) {
    engine::ProcessCall call = sh("echo '{\"a\": 1}'");
    call.reading = engine::BodyReading::json;
    EXPECT_EQ(*perform(call)->find("stdout"), Value::object({{"a", 1}}));
    call.arguments[2] = "echo oops";
    EXPECT_EQ(perform(call).error().code, "bad_json");
}

TEST_F(PerformProcess, EndsAProgramThatSaysTooMuch) {
    engine::ProcessCall call = sh("while :; do echo more; done");
    call.max_output = {10'000};
    EXPECT_EQ(perform(call).error().code, "output_too_large");
}

TEST_F(PerformProcess, DoesNotWaitForWhatAProgramLeavesBehind) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(output_of(sh("sleep 60 & echo started")), "started\n");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{30});
}

/// Until the process with this number has ended; one that nobody has reaped yet has.
bool ends_soon(const std::string& pid) {
    for (int i = 0; i < 10'000; ++i) {
        std::string state;
        std::ifstream stat{"/proc/" + pid + "/stat"};
        if (!(stat >> state >> state >> state) || state == "Z") return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return false;
}

TEST_F(PerformProcess, EndsAProgramAndItsChildrenWhenAskedTo) {
    const std::string ready = (world.folder / "ready").string();
    std::thread stopper{[&] {
        while (!std::filesystem::exists(ready))
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        world.stop.request_stop();
    }};
    const auto stopped = perform(sh("trap '' TERM; (trap '' TERM; sleep 600) & echo $! > " + ready +
                                    ".new; mv " + ready + ".new " + ready + "; wait"));
    stopper.join();
    EXPECT_EQ(stopped.error().error_class, core::ErrorClass::canceled);
    std::string child = world.folder.read("ready");
    child.erase(child.find_last_not_of('\n') + 1);
    EXPECT_TRUE(ends_soon(child)) << "process " << child << " goes on";
}

TEST_F(PerformProcess, DoesNotWaitForAnEndThatTheSystemHasNotKept) {
    signal(SIGCHLD, SIG_IGN);
    const auto lost = perform(sh("echo done"));
    signal(SIGCHLD, SIG_DFL);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, "command_lost");
    EXPECT_THAT(lost.error().message, HasSubstr("SIGCHLD"));
}

TEST_F(PerformProcess, StartsInAnAllowedFolder) {
    engine::ProcessCall call = sh("pwd");
    call.folder = ".";
    EXPECT_EQ(output_of(call), world.folder.path().string() + "\n");
    call.folder = "/";
    EXPECT_EQ(output_of(call), "not_allowed");
}

TEST(AllowedPrograms, MustBeThere) {
    EXPECT_FALSE(AllowedPrograms::make({{"no-such-program-here"}}));
    EXPECT_FALSE(AllowedPrograms::make({{"./relative"}}));
    EXPECT_FALSE(AllowedPrograms::make({{"/etc/passwd"}}));
    const auto allowed = AllowedPrograms::make({{"sh"}});
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->find(*allowed->find("sh")), allowed->find("sh"));
    EXPECT_FALSE(allowed->find("cat"));
}

}  // namespace
}  // namespace millrace::runtime
