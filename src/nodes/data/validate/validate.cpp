// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "items.hpp"
#include "millrace/core/schema_check.hpp"
#include "millrace/format/schema.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;
using Schema = std::shared_ptr<const core::SchemaCheck>;

/// An item with more mistakes is as good as one with so many.
constexpr std::size_t errors_max = 20;
constexpr core::PortIndex valid_port{0};
constexpr core::PortIndex invalid_port{1};

constexpr Word<bool> modes[]{{"whole", false}, {"items", true}};
constexpr Word<bool> reactions[]{{"output", false}, {"fail", true}};

Value errors_value(const std::vector<core::SchemaViolation>& violations) {
    std::vector<Value> errors;
    for (const core::SchemaViolation& violation : violations) {
        if (errors.size() == errors_max) break;
        errors.push_back(Value::object({{"path", violation.path}, {"message", violation.message}}));
    }
    return Value::array(std::move(errors));
}

Failure invalid_data(const std::string& what, const std::vector<core::SchemaViolation>& violations,
                     Value details) {
    const core::SchemaViolation& first = violations.front();
    const std::string more =
        violations.size() == 1 ? "" : ", and " + std::to_string(violations.size() - 1) + " more";
    Failure failure = engine::validation_failure(
        "invalid_data", what + (first.path.empty() ? "" : " at " + first.path) +
                            " is not as the schema says: " + first.message + more);
    failure.details = std::move(details);
    return failure;
}

engine::NodeOutcome judge_whole(const engine::NodeCall& call, const core::SchemaCheck& schema,
                                const Value& value, bool fails) {
    const auto violations = schema.violations(value);
    engine::Emit emit;
    if (violations.empty()) {
        emit.ports.push_back({valid_port, value});
        return emit;
    }
    const Value errors = errors_value(violations);
    if (fails) {
        return invalid_data(source_name(call), violations, Value::object({{"errors", errors}}));
    }
    emit.ports.push_back({invalid_port, Value::object({{"value", value}, {"errors", errors}})});
    return emit;
}

engine::NodeOutcome judge_items(const engine::NodeCall& call, const core::SchemaCheck& schema,
                                bool fails) {
    const auto items = item_list(call);
    if (!items) return items.error();
    std::vector<Value> valid;
    std::vector<Value> invalid;
    ResultWeight weight{call};
    for (std::size_t i = 0; i < items->size(); ++i) {
        const Value& item = (*items)[i];
        const auto violations = schema.violations(item);
        const auto index = static_cast<std::int64_t>(i);
        if (violations.empty()) {
            valid.push_back(item);
            if (!weight.add(item)) return ResultWeight::failure(call);
            continue;
        }
        const Value errors = errors_value(violations);
        if (fails) {
            return invalid_data("item " + std::to_string(i), violations,
                                Value::object({{"item", index}, {"errors", errors}}));
        }
        invalid.push_back(Value::object({{"index", index}, {"item", item}, {"errors", errors}}));
        if (!weight.add(invalid.back())) return ResultWeight::failure(call);
    }
    engine::Emit emit;
    emit.ports.push_back({valid_port, Value::array(std::move(valid))});
    emit.ports.push_back({invalid_port, Value::array(std::move(invalid))});
    return emit;
}

class DataValidate final : public engine::NodeBehaviour {
public:
    explicit DataValidate(Schema schema = nullptr) : schema_{std::move(schema)} {}

    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const Value* const schema = data.find("schema");
        if (schema == nullptr || !(schema->is_object() || schema->is_bool())) return;
        if (const auto compiled = format::compile_schema(*schema); !compiled) {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "schema"), compiled.error().message());
        }
    }

    /// The schema is compiled once, and a value as a whole takes one way only.
    std::shared_ptr<const engine::NodeDefinition> specialise(const engine::NodeDefinition& self,
                                                             const Value& data) const override {
        const Value* const schema = data.find("schema");
        auto compiled = format::compile_schema(schema == nullptr ? Value{true} : *schema);
        if (!compiled) return nullptr;
        auto made = std::make_shared<engine::NodeDefinition>(self);
        const Value* const mode = data.find("mode");
        const bool by_item = mode != nullptr && *mode == Value{"items"};
        made->type.role = by_item ? core::NodeRole::pure : core::NodeRole::decision;
        made->behaviour = std::make_shared<DataValidate>(*std::move(compiled));
        return made;
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const bool by_item = fields.word("mode", modes, false);
        const bool fails = fields.word("on_invalid", reactions, false);
        if (failure) return *failure;
        Schema schema = schema_;
        if (!schema) {
            auto compiled = format::compile_schema(call.field("schema"));
            if (!compiled) {
                return at_pointer(
                    engine::validation_failure("bad_schema", compiled.error().message()),
                    "/schema");
            }
            schema = *std::move(compiled);
        }
        if (by_item) return judge_items(call, *schema, fails);
        const auto source = source_value(call);
        if (!source) return source.error();
        return judge_whole(call, *schema, *source, fails);
    }

private:
    Schema schema_;
};

}  // namespace

Behaviour data_validate() {
    return std::make_shared<DataValidate>();
}

}  // namespace millrace::nodes
