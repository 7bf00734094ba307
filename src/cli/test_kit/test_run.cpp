// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_run.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "documents/document_file.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "terminal/styled.hpp"
#include "test_kit/test_folder.hpp"
#include "test_kit/test_mocks.hpp"
#include "test_kit/test_steps.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t recording_bytes_max = 256u << 20;

core::Result<std::optional<Recording>> recording_of(const Console& console, const TestSuite& suite,
                                                    const std::string& name) {
    if (name.empty()) return std::optional<Recording>{};
    const std::string file = (suite.folder() / name).string();
    const auto text = read_text(console, file, recording_bytes_max);
    if (!text) return std::unexpected(text.error());
    auto recording = Recording::read(file, *text);
    if (!recording) return std::unexpected(recording.error());
    return std::optional<Recording>{std::move(*recording)};
}

runtime::RehearsalOptions options_of(const format::TestSetup& setup, const TestFolder& folder) {
    runtime::RehearsalOptions options;
    if (setup.start_at) options.start_at = *setup.start_at;
    if (setup.time_max) options.time_max = *setup.time_max;
    if (setup.effect_timeout) options.effect_patience = *setup.effect_timeout;
    options.seed = setup.seed;
    options.cancel_after = setup.cancel_after;
    options.http.allow = setup.allow.http;
    options.http.only_allowed = true;
    if (setup.allow.files) options.files.folders = {{folder.path().string()}};
    options.commands.programs = setup.allow.commands;
    return options;
}

core::Result<TestResult> rehearse_test(const Console& console, const TestSuite& suite,
                                       const format::TestCase& test, const expr::Host* host) {
    const format::TestSetup& setup = test.setup;
    auto recording = recording_of(console, suite, setup.recorded);
    if (!recording) return std::unexpected(recording.error());
    const ChildPlans children = children_of(suite, test);
    auto mocks = MockBook::make(setup, *suite.plan, children, std::move(*recording), host);
    if (!mocks) return std::unexpected(mocks.error());
    const auto folder = TestFolder::make(setup.files, suite.folder());
    if (!folder) return std::unexpected(folder.error());

    runtime::RehearsalOptions options = options_of(setup, *folder);
    options.director = [&](const runtime::OutsideCall& call, const engine::Effect& effect,
                           const engine::ExecutionView& view) {
        return mocks->direct(call, effect, view);
    };
    TestSteps steps{setup.steps};
    options.outsider = &steps;
    options.workflows = [&](const std::string& id) {
        const auto child = children.find(id);
        return child == children.end() ? nullptr : child->second;
    };
    runtime::StartRequest request;
    request.plan = suite.plan;
    request.trigger = setup.trigger;
    request.input = setup.input;
    request.variables = setup.variables;
    request.trigger_data = setup.trigger_data;
    request.options.pins = mocks->pins();
    const auto rehearsed = runtime::rehearse(request, options);
    if (!rehearsed) return std::unexpected(rehearsed.error());

    TestResult result;
    result.failures = judge(test.expect, *rehearsed, folder->path(), host);
    for (std::string& left : steps.left())
        result.failures.push_back({std::move(left), {}, {}});
    const core::Time begin = rehearsed->view.created_at();
    result.clock = rehearsed->view.completed_at().value_or(begin) - begin;
    if (test.expect.snapshot) result.snapshot = snapshot_of(*rehearsed);
    return result;
}

}  // namespace

TestResult run_test(const Console& console, const TestSuite& suite, const format::TestCase& test,
                    const expr::Host* host) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    core::Result<TestResult> run = rehearse_test(console, suite, test, host);
    TestResult result;
    if (run) {
        result = std::move(*run);
    } else {
        result.failures.push_back({one_line(run.error().message()), {}, {}});
    }
    result.name = test.name;
    result.took = {
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count()};
    return result;
}

void for_each_job(std::size_t count, std::size_t jobs,
                  const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next = 0;
    const auto take_turns = [&] {
        for (std::size_t i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(jobs, count); ++i)
        others.emplace_back(take_turns);
    take_turns();
}

}  // namespace millrace::cli
