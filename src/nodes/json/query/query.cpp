// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "behaviours.hpp"
#include "field.hpp"
#include "field_reader.hpp"
#include "items.hpp"
#include "millrace/expr/json_path.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

enum class Take : std::uint8_t { all, first, exists, count };

constexpr Word<Take> takes[]{
    {"all", Take::all}, {"first", Take::first}, {"exists", Take::exists}, {"count", Take::count}};

class JsonQuery final : public engine::NodeBehaviour {
public:
    explicit JsonQuery(std::optional<expr::JsonPath> path = std::nullopt)
        : path_{std::move(path)} {}

    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_goes_with(data, pointer, "default_value", "take", "first", "all", problems);
        const auto path = fixed_text(data, "path");
        if (!path) return;
        if (const auto parsed = expr::JsonPath::parse(*path); !parsed) {
            add_problem(problems, core::ProblemCode::bad_expression,
                        core::pointer_child(pointer, "path"), parsed.error().message());
        }
    }

    /// A path that no template changes is read once.
    std::shared_ptr<const engine::NodeDefinition> specialise(const engine::NodeDefinition& self,
                                                             const Value& data) const override {
        const auto path = fixed_text(data, "path");
        if (!path) return nullptr;
        auto parsed = expr::JsonPath::parse(*path);
        if (!parsed) return nullptr;
        auto made = std::make_shared<engine::NodeDefinition>(self);
        made->behaviour = std::make_shared<JsonQuery>(*std::move(parsed));
        return made;
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const Take take = fields.word("take", takes, Take::all);
        const std::string source = fields.text("path");
        if (failure) return *failure;
        if (path_) return select(call, *path_, take);
        auto parsed = expr::JsonPath::parse(source);
        if (parsed) return select(call, *parsed, take);
        return at_pointer(engine::validation_failure("bad_path", parsed.error().message()),
                          "/path");
    }

private:
    static engine::NodeOutcome select(const engine::NodeCall& call, const expr::JsonPath& path,
                                      Take take) {
        // Going over all of the input is nothing to be stingy with; going over it again and
        // again, as filters within filters do, is.
        constexpr std::uint64_t fuel_per_element = 32;
        expr::Fuel fuel{call.fuel_each + fuel_per_element * call.input().element_count()};
        if (take == Take::exists) {
            const auto found = path.exists(call.input(), fuel);
            if (!found) return at_pointer(found.error(), "/path");
            return engine::Emit::out(*found);
        }
        auto found = path.select(call.input(), fuel);
        if (!found) return at_pointer(std::move(found.error()), "/path");
        if (take == Take::count) return engine::Emit::out(static_cast<std::int64_t>(found->size()));
        if (take == Take::first) {
            return engine::Emit::out(found->empty() ? call.field("default_value") : found->front());
        }
        ResultWeight weight{call};
        for (const Value& value : *found) {
            if (!weight.add(value)) return ResultWeight::failure(call);
        }
        return engine::Emit::out(Value::array(*std::move(found)));
    }

    std::optional<expr::JsonPath> path_;
};

}  // namespace

Behaviour json_query() {
    return std::make_shared<JsonQuery>();
}

}  // namespace millrace::nodes
