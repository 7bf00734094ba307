// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/event.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/engine/record.hpp"

namespace millrace::engine {

struct ViewState;

enum class AttemptStatus : std::uint8_t { running, completed, failed, canceled };

struct AttemptView {
    std::uint32_t number = 1;
    AttemptStatus status = AttemptStatus::running;
    core::Time started_at;
    std::optional<core::Time> completed_at;
    std::optional<core::Failure> error;
    std::optional<std::int64_t> backoff_ms;  ///< the wait before this attempt
    std::uint32_t reissued = 0;
    std::string executor;
    std::string child;  ///< the id of the execution that it started and waits for; empty: none
};

/// What has become of a container's iterations, or of the body of a try.
struct IterationCounts {
    std::uint32_t opened = 0;
    std::uint32_t completed = 0;
    std::uint32_t failed = 0;
    std::uint32_t canceled = 0;
};

struct NodeView {
    std::string id;
    std::string path;  ///< the id, or `loop[3].charge` within a container
    std::string type;
    core::NodeStatus status = core::NodeStatus::pending;
    core::Value input;  ///< value at the primary input port; null before
    std::vector<PortValue> outputs;
    std::optional<core::Failure> error;
    std::string recovered_by;  ///< `default` or a fallback node's id
    std::string undone_by;     ///< the id of the node that has undone it
    std::vector<AttemptView> attempts;
    std::optional<core::Time> started_at;
    std::optional<core::Time> completed_at;
    std::uint32_t execution_order = 0;          ///< 1 for the first node that started; 0: never
    std::optional<IterationCounts> iterations;  ///< of a container that has opened
};

/// Everything about one execution that people and the API see, folded from its records. Pure: the
/// same records give the same view and the same events. The plan must be of the execution's
/// version; what a record says of nodes that it does not have is ignored. Copies are independent
/// and share all values. Used from one thread at a time.
class ExecutionView {
public:
    /// As `scope`: all runs of all containers are kept.
    static constexpr const char* every_scope = "*";

    /// `scope` names what to keep of the inside of containers: one instance (`loop[3]`,
    /// `outer[2].guard`), all of a container's (`loop`), or `every_scope`. Empty: the top level
    /// only.
    ExecutionView(core::ExecutionId id, std::shared_ptr<const Plan> plan, std::string scope = {});
    ExecutionView(const ExecutionView& other);
    ExecutionView& operator=(const ExecutionView& other);
    ExecutionView(ExecutionView&&) noexcept;
    ExecutionView& operator=(ExecutionView&&) noexcept;
    ~ExecutionView();

    /// Applies the next record in order; the event that it stands for, if any:
    ///
    /// | event               | data                                                             |
    /// | ------------------- | ---------------------------------------------------------------- |
    /// | execution.created   | `{trigger, inputs}`                                              |
    /// | execution.completed | `{outputs}`                                                      |
    /// | execution.failed    | `{error}`                                                        |
    /// | execution.canceled  | `{reason}`                                                       |
    /// | node.completed      | `{outputs: {PORT: value}, duration_ms, recovered_by?}`           |
    /// | node.failed         | `{error, then: stop, continue or error_port}`                    |
    /// | node.retrying       | `{error, next_attempt, due, backoff_ms}`                         |
    /// | node.waiting        | `{due}`, or `{fallback, error}` while a fallback stands in; of   |
    /// |                     | what somebody is to answer `{for, name?, details, due?}`; of a   |
    /// |                     | sub-workflow `{for: child, child_execution_id}`                  |
    /// | node.event          | what the node said                                               |
    /// | execution.paused    | `{reason}`, or `{before: PATH, breakpoint}`                      |
    /// | execution.resumed   | `{step}`                                                         |
    /// | execution.waiting   | nothing, or `{generation, due, error}` before the next try       |
    ///
    /// Every attempt has its node.started, which says `{undoes: PATH}` of a node that undoes
    /// another; the others have no data.
    std::optional<core::Event> feed(const Record& record);

    core::ExecutionId id() const;
    core::ExecutionStatus status() const;
    /// Of the top level, in the document's order, and behind them those that undo others.
    const std::vector<NodeView>& nodes() const;
    /// Of the scope that was asked for, in the order in which its instances opened.
    std::vector<NodeView> scope_nodes() const;
    const core::Value& inputs() const;
    const core::Value& variables() const;
    const core::Value& outputs() const;
    const core::Value& labels() const;  ///< object or null
    /// None when it is the workflow's.
    std::optional<std::int32_t> priority() const;
    bool is_mocked() const;                  ///< effects are not performed
    const std::string& forked_from() const;  ///< empty: no fork
    const std::string& from_path() const;
    /// The execution that has started it, and the run there; empty: none.
    const std::string& parent_id() const;
    const std::string& parent_path() const;
    /// The trace that it belongs to, its own or one from outside, and the span there that it is
    /// part of; empty: of none.
    std::string trace_id() const;
    const std::string& parent_span() const;
    const std::optional<core::Failure>& error() const;
    core::Time created_at() const;
    std::optional<core::Time> started_at() const;
    std::optional<core::Time> completed_at() const;
    const Plan& plan() const;
    core::NodeIndex trigger() const;
    const core::Value& trigger_data() const;
    /// The run before which the execution has paused by itself; empty when it has not.
    const std::string& paused_before() const;
    /// The body of `GET /executions/{id}`.
    core::Value to_value() const;
    /// Appends `to_value` as JSON, in half the time.
    void append_json(std::string& out) const;
    /// What `nodes` holds of one node there, with its `id` and `path`.
    static core::Value node_value(const NodeView& node, const Plan& plan);

private:
    friend class ViewFold;
    std::unique_ptr<ViewState> state_;
};

}  // namespace millrace::engine
