// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/fork.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "run_path.hpp"

namespace millrace::engine {
namespace {

using core::Value;

core::Error unknown_run(const std::string& path) {
    return {CommandErrc::unknown_node, "the execution has no run `" + path + "` to begin with"};
}

/// Decides what of a finished execution is kept.
class Forking {
public:
    Forking(const ExecutionView& source, const Plan& target) : source_{source}, target_{target} {}

    /// From where all runs anew.
    core::Result<> begin_with(const std::string& text) {
        auto path = parse_path(text);
        const auto named = path ? target_.find(path->back().node) : std::nullopt;
        if (named && target_.node(*named).undoes) {
            return core::fail(CommandErrc::not_allowed,
                              "`" + text + "` only undoes `" +
                                  target_.node(*target_.node(*named).undoes).id +
                                  "`; begin with that");
        }
        if (!path || !is_known(*path)) return std::unexpected(unknown_run(text));
        from_ = *std::move(path);
        const PlanNode& node = target_.node(*target_.find(from_.back().node));
        if (node.fallback_for) {
            return core::fail(CommandErrc::not_allowed, "`" + text + "` only stands in for `" +
                                                            target_.node(*node.fallback_for).id +
                                                            "`; begin with that");
        }
        add_start(from_);
        return {};
    }
    bool begins_with_trigger() const {
        return from_.size() == 1 &&
               target_.node(*target_.find(from_.front().node)).role() == core::NodeRole::trigger;
    }
    std::string from_path() const { return path_text(from_, from_.size()); }

    /// `{PATH: {PORT: value}}`.
    Value kept() {
        const std::vector<NodeView> inner = source_.scope_nodes();
        for (const NodeView& node : inner)
            note_attempts(node.path);
        for (const NodeView& node : source_.nodes())
            note_undone(node);
        for (const NodeView& node : inner)
            if (is_of_last_attempt(node.path)) note_undone(node);
        for (const NodeView& node : source_.nodes())
            consider(node);
        for (const NodeView& node : inner)
            if (is_of_last_attempt(node.path)) consider(node);
        std::vector<core::Member> members;
        for (const auto& [path, outputs] : pins_)
            if (!is_inside_pinned(path)) members.push_back({path, outputs});
        return Value::object(std::move(members));
    }

private:
    /// Is there such a run in the source, and such a place in the target?
    bool is_known(const RunPath& path) const {
        if (!fits(path)) return false;
        if (path.size() == 1) return true;
        const std::string wanted = path_text(path, path.size());
        return std::ranges::any_of(source_.scope_nodes(), [&](const NodeView& node) {
            const auto other = parse_path(node.path);
            return other && path_text(*other, other->size()) == wanted;
        });
    }

    /// The target has this place.
    bool fits(const RunPath& path) const {
        for (std::size_t i = 0; i < path.size(); ++i) {
            const auto node = target_.find(path[i].node);
            if (!node) return false;
            const auto& container = target_.scope(target_.node(*node).scope).container;
            const auto around = i == 0 ? std::nullopt : target_.find(path[i - 1].node);
            if (container != around) return false;
            if (i + 1 == path.size()) break;
            const auto& inside = target_.node(*node).container;
            const bool is_loop = inside && inside->kind == core::ContainerKind::loop;
            if (!inside || is_loop != path[i].index.has_value()) return false;
        }
        return true;
    }

    const std::vector<bool>& reached_from(core::NodeIndex start) {
        std::vector<bool>& reached = reached_[start];
        if (!reached.empty()) return reached;
        reached.resize(target_.nodes().size());
        std::vector<core::NodeIndex> open{start};
        while (!open.empty()) {
            const core::NodeIndex node = open.back();
            open.pop_back();
            if (reached[node.value]) continue;
            reached[node.value] = true;
            for (const auto& port : target_.node(node).outputs)
                for (const core::ConnectionIndex index : port) {
                    const PlanConnection& connection = target_.connection(index);
                    const bool is_inner =
                        connection.is_result ||
                        target_.node(connection.to).scope != target_.node(node).scope;
                    if (!is_inner) open.push_back(connection.to);
                }
        }
        return reached;
    }

    /// What runs anew in one scope instance.
    struct Anew {
        std::vector<bool> runs;        // by node, with all that lives in them
        std::vector<bool> containers;  // by node, though not all that lives in them
    };

    /// Begins anew with a run: so do those that follow it, in its scope and in those around.
    void add_start(const RunPath& path) {
        std::string instance;
        for (std::size_t i = 0; i < path.size(); ++i) {
            const core::NodeIndex node = *target_.find(path[i].node);
            const bool is_last = i + 1 == path.size();
            Anew& anew = anew_[instance];
            if (anew.runs.empty()) {
                anew.runs.resize(target_.nodes().size());
                anew.containers.resize(target_.nodes().size());
            }
            const std::vector<bool>& reached = reached_from(node);
            for (std::size_t n = 0; n < reached.size(); ++n)
                if (reached[n] && (is_last || n != node.value)) anew.runs[n] = true;
            if (!is_last) anew.containers[node.value] = true;
            extend(instance, path[i]);
            if (is_last || !is_conditional(node)) continue;
            const std::string loop = path_text(path, i + 1);
            const auto [first, is_new] = iterations_.emplace(loop, *path[i].index);
            if (!is_new) first->second = std::min(first->second, *path[i].index);
        }
    }

    /// What has been undone is there no more.
    void note_undone(const NodeView& node) {
        if (node.undone_by.empty()) return;
        const auto path = parse_path(node.path);
        if (path && fits(*path)) add_start(*path);
    }

    bool runs_anew(const RunPath& path) const {
        std::string instance;
        for (std::size_t i = 0; i < path.size(); ++i) {
            const core::NodeIndex node = *target_.find(path[i].node);
            const auto anew = anew_.find(instance);
            if (anew == anew_.end()) return false;
            if (anew->second.runs[node.value]) return true;
            if (i + 1 == path.size()) return anew->second.containers[node.value];
            // An iteration of a loop with a condition sees the result of the one before.
            const auto first = iterations_.find(path_text(path, i + 1));
            if (first != iterations_.end() && path[i].index > first->second) return true;
            extend(instance, path[i]);
        }
        return false;
    }

    static void extend(std::string& instance, const PathStep& step) {
        instance += step.node;
        if (step.index) instance += "[" + std::to_string(*step.index) + "]";
        instance += '.';
    }

    bool is_conditional(core::NodeIndex node) const {
        const auto& container = target_.node(node).container;
        return container != nullptr && container->condition.has_value();
    }

    bool is_same_kind(const NodeView& node) const {
        const auto before = source_.plan().find(node.id);
        const auto now = target_.find(node.id);
        if (!before || !now) return false;
        const auto& old_type = source_.plan().node(*before).definition->type;
        const auto& new_type = target_.node(*now).definition->type;
        return old_type.type == new_type.type &&
               std::ranges::equal(old_type.outputs, new_type.outputs, {},
                                  &core::PortDescriptor::name, &core::PortDescriptor::name);
    }

    /// In the clean-up of a try, at any depth.
    bool is_cleanup(const RunPath& path) const {
        return std::ranges::any_of(path, [&](const PathStep& step) {
            const PlanNode& node = target_.node(*target_.find(step.node));
            return target_.scope(node.scope).part == ScopePart::cleanup;
        });
    }

    void consider(const NodeView& node) {
        if (node.status != core::NodeStatus::completed || !is_same_kind(node)) return;
        const PlanNode& plan = target_.node(*target_.find(node.id));
        // A trigger emits again, and what only stands in is asked again.
        const bool stands_aside = plan.fallback_for || plan.undoes;
        if (plan.role() == core::NodeRole::trigger || stands_aside) return;
        const auto path = parse_path(node.path);
        if (!path || !fits(*path) || is_cleanup(*path)) return;
        if (runs_anew(*path)) return;
        const auto& ports = plan.definition->type.outputs;
        core::ObjectBuilder outputs;
        for (const PortValue& output : node.outputs) {
            const std::size_t port = output.port.value;
            if (port < ports.size() && !ports[port].inner)
                outputs.set(ports[port].name, output.value);
        }
        pins_.insert_or_assign(path_text(*path, path->size()), std::move(outputs).build());
    }

    void note_attempts(const std::string& text) {
        const auto path = parse_path(text);
        for (std::size_t i = 1; path && i < path->size(); ++i) {
            std::uint32_t& last = attempts_[path_text(*path, i)];
            last = std::max(last, (*path)[i - 1].attempt);
        }
    }
    bool is_of_last_attempt(const std::string& text) const {
        const auto path = parse_path(text);
        for (std::size_t i = 1; path && i < path->size(); ++i)
            if ((*path)[i - 1].attempt != attempts_.at(path_text(*path, i))) return false;
        return path.has_value();
    }

    bool is_inside_pinned(const std::string& text) const {
        const auto path = parse_path(text);
        for (std::size_t i = 1; path && i < path->size(); ++i)
            if (pins_.contains(path_text(*path, i))) return true;
        return false;
    }

    const ExecutionView& source_;
    const Plan& target_;
    RunPath from_;
    std::map<std::string, Anew> anew_;                 // by path of the instance
    std::map<std::string, std::uint32_t> iterations_;  // of loops: the first that runs anew
    std::map<core::NodeIndex, std::vector<bool>> reached_;
    std::map<std::string, Value> pins_;
    std::map<std::string, std::uint32_t> attempts_;  // the last one of each container
};

/// What the target knows of the source's variables.
core::Result<Value> variables_of(const ExecutionView& source, const Plan& target) {
    core::ObjectBuilder known;
    for (const core::Variable& variable : target.variables())
        if (const Value* const value = source.variables().find(variable.name))
            known.set(variable.name, *value);
    return resolve_variables(target, std::move(known).build());
}

}  // namespace

core::Result<Fork> fork_of(const ExecutionView& source, const Plan& target,
                           const ForkRequest& request) {
    if (!is_terminal(source.status())) {
        return core::fail(CommandErrc::not_allowed,
                          "execution " + source.id().text() + " is " +
                              std::string{core::to_text(source.status())} +
                              "; only a finished one can be retried");
    }
    Fork fork;
    const std::string& trigger = source.plan().node(source.trigger()).id;
    const auto chosen = choose_trigger(target, trigger);
    if (!chosen) return std::unexpected(chosen.error());
    fork.trigger = *chosen;

    Forking forking{source, target};
    if (!request.from.empty())
        if (auto begun = forking.begin_with(request.from); !begun)
            return std::unexpected(begun.error());
    const bool begins_anew =
        request.from.empty() ? request.input.has_value() : forking.begins_with_trigger();
    fork.input = begins_anew && request.input ? *request.input : source.inputs();
    fork.trigger_data =
        begins_anew && request.input
            ? emitted_by_hand(target.node(*chosen), *request.input, source.created_at())
            : source.trigger_data();
    if (auto fits = check_input(target, fork.input); !fits) return std::unexpected(fits.error());
    auto variables = variables_of(source, target);
    if (!variables) return std::unexpected(variables.error());
    fork.variables = *std::move(variables);

    fork.options.labels = source.labels();
    fork.options.priority = source.priority();
    fork.options.mock_external = source.is_mocked();
    fork.options.forked_from = source.id();
    fork.options.from_path = forking.from_path();
    if (begins_anew) return fork;
    fork.options.pins = forking.kept();
    if (request.input) fork.options.inputs = Value::object({{forking.from_path(), *request.input}});
    return fork;
}

}  // namespace millrace::engine
