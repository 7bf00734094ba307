// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr std::size_t path_parts_max = 32;

/// The names in `a.b.c`; `\.` is a dot in a name. Nothing when a name is empty or there are too
/// many.
std::optional<std::vector<std::string>> split_path(std::string_view path) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool is_escape =
            path[i] == '\\' && i + 1 < path.size() && (path[i + 1] == '.' || path[i + 1] == '\\');
        if (is_escape) {
            parts.back() += path[++i];
        } else if (path[i] == '.') {
            parts.emplace_back();
        } else {
            parts.back() += path[i];
        }
    }
    if (parts.size() > path_parts_max) return std::nullopt;
    for (const std::string& part : parts) {
        if (part.empty()) return std::nullopt;
    }
    return parts;
}

constexpr std::string_view path_rule =
    "a path is 1 to 32 names with dots between them; write \\. for a dot in a name";

/// All assignments as a tree, so that each object on the way is built only once.
class Branch {
public:
    void assign(std::span<const std::string> path, const Value& value) {
        if (path.empty()) {
            value_ = value;
            children_.clear();
            places_.clear();
            return;
        }
        const auto [place, is_new] = places_.try_emplace(path.front(), children_.size());
        if (is_new) children_.emplace_back(path.front(), Branch{});
        children_[place->second].second.assign(path.subspan(1), value);
    }

    /// What becomes of `base`. The error is the path to something that is no object.
    std::expected<Value, std::string> apply(const Value& base) const {
        const Value& start = value_ ? *value_ : base;
        if (children_.empty()) return start;
        if (!start.is_object() && !start.is_null()) return std::unexpected{std::string{}};
        std::vector<core::Member> members;
        if (start.is_object()) members.assign(start.as_object().begin(), start.as_object().end());
        for (const auto& [name, branch] : children_) {
            const Value* before = start.find(name);
            std::expected<Value, std::string> after =
                branch.apply(before == nullptr ? Value{} : *before);
            if (!after) {
                const std::string& rest = after.error();
                return std::unexpected{rest.empty() ? name : name + "." + rest};
            }
            members.push_back({name, *std::move(after)});
        }
        return Value::object(std::move(members));
    }

private:
    std::optional<Value> value_;
    std::vector<std::pair<std::string, Branch>> children_;  // in the order they were named
    std::map<std::string, std::size_t, std::less<>> places_;
};

class DataSet final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const Value* fields = data.find("fields");
        if (fields == nullptr || !fields->is_object()) return;
        const std::string place = core::pointer_child(pointer, "fields");
        for (const core::Member& member : fields->as_object()) {
            if (split_path(member.key)) continue;
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(place, member.key), std::string{path_rule});
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const Value& keep = call.field("keep");
        const bool keeps_none = keep.is_string() && keep.as_string() == "none";
        const Value base = keeps_none ? Value{} : call.input();
        if (!base.is_object() && !base.is_null()) {
            return engine::validation_failure(
                "input_not_object", "the input is no object but " +
                                        std::string{core::kind_name(base)} +
                                        ", so no fields can be set in it; use keep: none");
        }
        const Value& fields = call.field("fields");
        Branch root;
        root.assign({}, base.is_null() ? Value::object({}) : base);
        if (fields.is_object()) {
            for (const core::Member& member : fields.as_object()) {
                const auto path = split_path(member.key);
                if (!path) {
                    return engine::validation_failure(
                        "bad_path", "field \"" + member.key + "\": " + std::string{path_rule});
                }
                root.assign(*path, member.value);
            }
        }
        std::expected<Value, std::string> result = root.apply({});
        if (result) return engine::Emit::out(*std::move(result));
        return engine::validation_failure(
            "not_an_object", "\"" + result.error() +
                                 "\" is no object, so nothing can be set in it; set it as a whole");
    }
};

}  // namespace

Behaviour data_set() {
    return std::make_shared<DataSet>();
}

}  // namespace millrace::nodes
