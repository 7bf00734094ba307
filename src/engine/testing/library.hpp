// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/engine/plan.hpp"

// Node types and plans for tests. Nothing in here needs GoogleTest.
namespace millrace::engine {

/// A few simple types, one for each thing the engine must handle. All are version 1, and
/// `test.pass` has a version 2 as well.
///
/// - `trigger.manual`, `trigger.other`: emit the trigger's data
/// - `test.pass`: emits its input
/// - `test.note`: the same, and tells watchers `data.note`
/// - `test.set`: emits `data.value`
/// - `test.if`: `true` or `false`, by the truth of the expression field `condition`
/// - `test.switch`: `a`, `b` or `c`, as `data.pick` says
/// - `test.cases`: like `test.switch` with deferred conditions: `cases: [{name, when}]`, the first
///   that is true, or `default`; with `mode: all` all that are
/// - `test.loop`, `test.try`: containers, with the data and the ports of `flow.loop` and `flow.try`
/// - `test.effect`: asks for `data.function` (default `echo`) with `data.input` or else `in`
/// - `test.merge` (`in` is many): an array of the live values; `test.labels`: of their labels
/// - `test.pair`: `{left, right}` of two ports
/// - `test.optional` (`in` is optional, so it starts with its scope): `{in}`
/// - `test.extra`: `{in, more}`, of which `more` is optional
/// - `test.delay`: waits `data.ms` and emits its input
/// - `test.fail`: fails with `data.code` and `data.class`
/// - `test.text`, `test.number`: emit their input; their ports have types
/// - `test.checked`: `data.size` must be an integer; `note` is literal; other keys are refused
/// - `test.stream`: emits its input on the stream port `items`
/// - `test.sink`: has no output
/// - `test.wait`: waits `data.ms` for the signal `data.signal`, or for an approval
/// - `test.respond`: answers the caller with its input; `test.child`: starts another workflow
std::shared_ptr<const NodeLibrary> test_library();

/// A schema compiler for documents in tests: knows `type` and `required` at the top level only.
SchemaCompiler test_schemas();

/// Builds documents in a line or two:
///
///     PlanBuilder{}.node("start", "trigger.manual").node("call", "test.effect")
///         .connect("start -> call").plan();
class PlanBuilder {
public:
    explicit PlanBuilder(std::string_view id = "test");

    /// `data` is JSON text; empty: none. A type may end in `@version`.
    PlanBuilder& node(std::string_view id, std::string_view type, std::string_view data = {});
    /// `a -> b`, chains, and ports: `a.true -> b.left`. Ports default to `out` and `in`.
    PlanBuilder& connect(std::string_view chain);
    PlanBuilder& variable(std::string_view name, core::Value value = {});
    PlanBuilder& outputs(std::string_view json);
    PlanBuilder& inputs(std::string_view json);

    /// The node, connection or settings added last, to set what has no shorthand.
    core::NodeSpec& last_node() { return document_.nodes.back(); }
    core::ConnectionSpec& last_connection() { return document_.connections.back(); }
    core::Settings& settings() { return document_.settings; }

    /// The nodes added from now on live in this container; empty: at the top level.
    PlanBuilder& within(std::string_view container);
    PlanBuilder& retry(core::RetryPolicy policy);
    PlanBuilder& on_error(core::NodeOnError::Kind kind);
    PlanBuilder& default_value(core::Value value);
    PlanBuilder& fallback(std::string_view node);
    PlanBuilder& breaker(core::CircuitBreaker breaker);
    PlanBuilder& cache(core::NodeCache cache);
    PlanBuilder& compensate(std::string_view node);
    PlanBuilder& filter(std::string_view expression);
    PlanBuilder& transform(std::string_view expression);
    PlanBuilder& priority(std::int32_t priority);
    PlanBuilder& tag(std::string_view tag);

    const core::Document& document() const { return document_; }
    CompileResult compile() const;
    /// Aborts with the problems on stderr when there are any.
    std::shared_ptr<const Plan> plan() const;

private:
    core::Document document_;
    std::string parent_;
};

CompileResult compile_test(const core::Document& document);
/// Aborts with the problems on stderr when there are any.
std::shared_ptr<const Plan> plan_of(const core::Document& document);

/// `code path` of each problem, to compare with what was expected.
std::vector<std::string> places(const core::Problems& problems);

/// The JSON value; aborts on a mistake.
core::Value json(std::string_view text);

/// The index of a node that exists.
core::NodeIndex index_of(const Plan& plan, std::string_view node_id);

}  // namespace millrace::engine
