// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/execution_view.hpp"

#include <utility>

#include "millrace/engine/trace.hpp"
#include "view_fold.hpp"
#include "view_state.hpp"

namespace millrace::engine {

ExecutionView::ExecutionView(core::ExecutionId id, std::shared_ptr<const Plan> plan,
                             std::string scope)
    : state_{std::make_unique<ViewState>()} {
    state_->id = id;
    state_->plan = std::move(plan);
    state_->wanted = std::move(scope);
    state_->scopes.emplace(0, state_->fresh(0, {}));
}

ExecutionView::ExecutionView(const ExecutionView& other)
    : state_{std::make_unique<ViewState>(*other.state_)} {}
ExecutionView& ExecutionView::operator=(const ExecutionView& other) {
    *state_ = *other.state_;
    return *this;
}
ExecutionView::ExecutionView(ExecutionView&&) noexcept = default;
ExecutionView& ExecutionView::operator=(ExecutionView&&) noexcept = default;
ExecutionView::~ExecutionView() = default;

std::optional<core::Event> ExecutionView::feed(const Record& record) {
    return fold(*state_, record);
}

core::ExecutionId ExecutionView::id() const {
    return state_->id;
}
core::ExecutionStatus ExecutionView::status() const {
    return state_->status;
}
const std::vector<NodeView>& ExecutionView::nodes() const {
    return state_->scopes.at(0).nodes;
}
std::vector<NodeView> ExecutionView::scope_nodes() const {
    std::vector<NodeView> nodes;
    for (const ScopeView& scope : state_->kept)
        nodes.insert(nodes.end(), scope.nodes.begin(), scope.nodes.end());
    for (const auto& [number, scope] : state_->scopes)
        if (state_->is_wanted(scope) && !scope.undoes)
            nodes.insert(nodes.end(), scope.nodes.begin(), scope.nodes.end());
    return nodes;
}
const core::Value& ExecutionView::inputs() const {
    return state_->inputs;
}
const core::Value& ExecutionView::variables() const {
    return state_->variables;
}
const core::Value& ExecutionView::outputs() const {
    return state_->outputs;
}
const core::Value& ExecutionView::labels() const {
    return state_->labels;
}
std::optional<std::int32_t> ExecutionView::priority() const {
    return state_->priority;
}
bool ExecutionView::is_mocked() const {
    return state_->is_mocked;
}
const std::string& ExecutionView::forked_from() const {
    return state_->forked_from;
}
const std::string& ExecutionView::from_path() const {
    return state_->from_path;
}
const std::string& ExecutionView::parent_id() const {
    return state_->parent_id;
}
const std::string& ExecutionView::parent_path() const {
    return state_->parent_path;
}
std::string ExecutionView::trace_id() const {
    return state_->trace_id.empty() ? own_trace_id(state_->id) : state_->trace_id;
}
const std::string& ExecutionView::parent_span() const {
    return state_->parent_span;
}
const std::optional<core::Failure>& ExecutionView::error() const {
    return state_->error;
}
core::Time ExecutionView::created_at() const {
    return state_->created_at;
}
std::optional<core::Time> ExecutionView::started_at() const {
    return state_->started_at;
}
std::optional<core::Time> ExecutionView::completed_at() const {
    return state_->completed_at;
}
const Plan& ExecutionView::plan() const {
    return *state_->plan;
}
core::NodeIndex ExecutionView::trigger() const {
    return state_->trigger;
}
const core::Value& ExecutionView::trigger_data() const {
    return state_->trigger_data;
}
const std::string& ExecutionView::paused_before() const {
    return state_->paused_before;
}

}  // namespace millrace::engine
