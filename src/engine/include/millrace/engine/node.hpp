// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/node_type.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/host.hpp"

namespace millrace::engine {

/// An expression of a node's `data` that the node evaluates itself, if it comes to that.
struct DeferredExpression {
    const expr::Expression* code = nullptr;
    std::span<const expr::Operand> operands;  // aligned with code->references()
    std::string_view pointer;  ///< its place in `data`: `/expression`, `/values/0/of`
    expr::RootSet locals{expr::Root::item, expr::Root::index,
                         expr::Root::acc};  ///< what it declares
};

/// A deferred expression to be evaluated many times, with other values of its local names.
class LocalExpression {
public:
    /// The expression outlives it. Each evaluation may burn `fuel_each`, and all together what is
    /// in `shared`, unless that is null.
    LocalExpression(const DeferredExpression& expression, std::uint64_t fuel_each,
                    expr::Fuel* shared = nullptr);

    std::expected<expr::Operand, core::Failure> evaluate(const core::Value& item,
                                                         std::int64_t index,
                                                         const core::Value& acc = {});

private:
    const expr::Expression& code_;
    std::uint64_t fuel_each_;
    expr::Fuel* shared_;
    std::vector<expr::Operand> operands_;
    // Places of the local names among the operands. A field that does not declare one of them may
    // read that of a loop around the node instead; those operands are not local.
    std::vector<std::size_t> items_;
    std::vector<std::size_t> indexes_;
    std::vector<std::size_t> accs_;
    std::vector<std::pair<std::size_t, core::Value>> steps_;  // what UUIDs are made from
};

/// All that a node may see when it runs. Valid during the call only.
struct NodeCall {
    /// One value per input port, in the descriptor's order; null where an optional port is dead.
    /// A `many` port holds an array of its live values in connection-priority order.
    std::span<const core::Value> inputs;
    /// For the `many` port: each live value's connection tag, or else its source node's id.
    std::span<const std::string_view> labels;
    /// The node's `data` with every template and expression evaluated; an object.
    const core::Value& data;
    core::Time now;
    /// Fields of mode `deferred`, in the order in which they stand in the document.
    std::span<const DeferredExpression> deferred = {};
    expr::Fuel* fuel = nullptr;  ///< shared by all expressions of the call
    /// What each evaluation of a `LocalExpression` may burn.
    std::uint64_t fuel_each = 1'000'000;
    /// What all evaluations of all `LocalExpression`s may burn together; null: no matter.
    expr::Fuel* items_fuel = nullptr;
    /// What its outputs may weigh together; nodes that collect many results stop there.
    std::size_t weight_max = std::size_t{64} << 20;

    std::size_t deferred_count() const { return deferred.size(); }
    /// The deferred expression at this place of `data`, if the document has one there.
    const DeferredExpression* find_deferred(std::string_view pointer) const;
    /// The value of the k-th deferred expression; burns the call's fuel.
    std::expected<expr::Operand, core::Failure> evaluate(std::size_t k) const;

    /// The value at the first input port; null without inputs.
    const core::Value& input() const;
    /// A member of `data`, or null.
    const core::Value& field(std::string_view name) const;
};

struct PortValue {
    core::PortIndex port;
    core::Value value;

    friend bool operator==(const PortValue&, const PortValue&) = default;
};

/// The node is done: these output ports are live, the others dead.
struct Emit {
    std::vector<PortValue> ports;
    /// Told to watchers as a `node.event`, such as a log line `{level, message}`; null: nothing.
    core::Value note;
    /// What whoever started the execution gets for an answer, such as `{status, headers, body}`;
    /// null: nothing. An execution answers once: a second one fails its node.
    core::Value response;

    friend bool operator==(const Emit&, const Emit&) = default;

    /// Emits `value` on the first output port.
    static Emit out(core::Value value) {
        Emit emit;
        emit.ports.push_back({core::PortIndex{0}, std::move(value)});
        return emit;
    }
};

/// The node waits for a durable timer and then emits.
struct WaitUntil {
    core::Time until;
    Emit then;
};

/// Who may answer a run that waits.
enum class WaitKind : std::uint8_t {
    signal = 0,    ///< whoever sends the execution a signal of that name
    webhook = 1,   ///< whoever calls the run's link
    approval = 2,  ///< a person who decides on the page that the run's link shows
    event = 3,     ///< an event that fits
};
inline constexpr WaitKind wait_kind_last = WaitKind::event;
std::string_view to_text(WaitKind kind);

/// The node waits for an answer from outside, which it puts out at its first port.
struct WaitFor {
    WaitKind kind = WaitKind::signal;
    std::string name;                 ///< of the signal, or the pattern of the event; else empty
    core::Value details;              ///< what those who answer need to know; kept while it waits
    std::optional<core::Time> until;  ///< none: for ever
    Emit on_timeout;                  ///< what leaves it when nobody has answered
};

using NodeOutcome = std::variant<Emit, WaitUntil, EffectRequest, core::Failure, WaitFor>;

struct NodeDefinition;

/// The behaviour of one node type version: stateless, shared by all runs, called from any thread.
/// `start` is a pure function of its call; it reads no clock and does no I/O.
class NodeBehaviour {
public:
    virtual ~NodeBehaviour() = default;

    /// The definition as the `data` of one node makes it: its outputs may depend on that, and the
    /// behaviour may keep what it has read there. Null: as it is. Called when a plan is compiled,
    /// with data that fits the schema but may have failed `check`.
    virtual std::shared_ptr<const NodeDefinition> specialise(const NodeDefinition& self,
                                                             const core::Value& data) const;

    /// Finds what a JSON Schema of `data` cannot say. `pointer` is the place of `data` in the
    /// document. Fields with templates are seen unevaluated.
    virtual void check(const core::Value& data, const std::string& pointer,
                       core::Problems& problems) const;

    virtual NodeOutcome start(const NodeCall& call) const = 0;

    /// For types that ask for HTTP calls: turns the answer into the value of the first output.
    /// Runs on an executor thread, before the completion is recorded.
    virtual std::expected<core::Value, core::Failure> finish(const HttpCall& call,
                                                             const HttpAnswer& answer) const;
};

/// A node type with its behaviour. Immutable.
struct NodeDefinition {
    core::NodeType type;
    std::shared_ptr<const NodeBehaviour> behaviour;
};

/// Where a Plan finds node types; the registry implements it.
class NodeLibrary {
public:
    virtual ~NodeLibrary() = default;
    /// Null when there is no such type or version, or it is not enabled.
    virtual std::shared_ptr<const NodeDefinition> find(std::string_view type,
                                                       std::uint32_t version) const = 0;
    /// All type names, sorted, for "did you mean".
    virtual std::vector<std::string> names() const = 0;
    /// What expressions may ask for; null: they do without digests and time zones. It outlives
    /// all plans.
    virtual const expr::Host* host() const { return nullptr; }
};

/// Name of the port that carries `{error, input}` of a failed node; every node but triggers has it.
inline constexpr std::string_view error_port_name = "error";

core::Failure validation_failure(std::string code, std::string message);

}  // namespace millrace::engine
