// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <engine/testing/library.hpp>
#include "harvest.hpp"
#include "http_server.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/open.hpp"
#include "virtual_clock.hpp"

namespace millrace::runtime::testing {

/// A runtime over test node types with the functions `echo`, `gated` (waits for `gate`, or for its
/// stop token) and `count` (counts its calls).
class RuntimeFixture : public ::testing::Test {
protected:
    using Value = core::Value;
    using Outcome = std::expected<core::Value, core::Failure>;

    /// Ends the threads while all that a test has lent them is still there.
    void TearDown() override { runtime.reset(); }

    static constexpr core::Duration patience{20'000};

    /// start -> a -> b -> c, each of which calls `function`.
    static core::Document three_effects(std::string_view function = "count",
                                        std::string_view id = "three") {
        const std::string data = R"({"function": ")" + std::string{function} + R"("})";
        return engine::PlanBuilder{id}
            .node("start", "trigger.manual")
            .node("a", "test.effect", data)
            .node("b", "test.effect", data)
            .node("c", "test.effect", data)
            .connect("start -> a -> b -> c")
            .document();
    }

    Runtime& start(std::unique_ptr<store::Store> store = store::open_memory_store(),
                   RuntimeOptions options = {}) {
        options.store = std::move(store);
        options.nodes = engine::test_library();
        core::Result<std::unique_ptr<Runtime>> started = Runtime::start(std::move(options));
        if (!started) ADD_FAILURE() << started.error().message();
        runtime = std::move(*started);
        add_functions(runtime->functions());
        return *runtime;
    }
    static std::unique_ptr<store::Store> sqlite(const std::filesystem::path& folder) {
        store::OpenOptions options;
        options.folder = folder;
        auto opened = store::open_store(options);
        if (!opened) ADD_FAILURE() << opened.error().message();
        return std::move(*opened);
    }
    std::shared_ptr<const engine::Plan> save(const core::Document& document) {
        const auto saved = runtime->save_workflow(document);
        if (!saved) {
            ADD_FAILURE() << saved.error().message();
            return nullptr;
        }
        return saved->plan;
    }
    core::ExecutionId execute(const std::shared_ptr<const engine::Plan>& plan, Value input = {}) {
        const auto id = runtime->execute({.plan = plan, .input = std::move(input)});
        if (!id) ADD_FAILURE() << id.error().message();
        return id.value_or(core::ExecutionId{});
    }
    core::ExecutionStatus end_of(core::ExecutionId id) {
        const auto status = runtime->wait_for(id, patience);
        if (!status) ADD_FAILURE() << status.error().message();
        return status.value_or(core::ExecutionStatus::pending);
    }

    Harvest<std::string> entered;  ///< node ids whose gated function has begun
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    std::atomic<int> calls = 0;
    std::unique_ptr<Runtime> runtime;  // last: its threads use the above

private:
    void add_functions(Functions& functions) {
        functions.add("echo",
                      [](const Value& input, const FunctionContext&) -> Outcome { return input; });
        functions.add("count", [this](const Value& input, const FunctionContext&) -> Outcome {
            ++calls;
            return input;
        });
        functions.add("gated", [this](const Value& input, const FunctionContext& call) -> Outcome {
            const std::stop_callback on_stop{call.stop, [g = gate] { g->open(); }};
            entered.add(call.node_id);
            gate->wait();
            if (!call.stop.stop_requested()) return input;
            return std::unexpected{core::Failure{.code = "interrupted"}};
        });
    }
};

}  // namespace millrace::runtime::testing
