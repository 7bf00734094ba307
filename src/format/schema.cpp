// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/schema.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "core_adapter.hpp"
#include "embedded/workflow_schema.hpp"
#include "path_marks.hpp"
#include "schema_patterns.hpp"
#include "schema_visitor.hpp"

// The adapter must come first: it chooses exceptions for all of valijson.
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>

namespace millrace::format {

using core::Value;

namespace {

using namespace std::string_view_literals;

constexpr std::size_t schema_depth_max = 200;
constexpr std::size_t reference_hops_max = 100;

/// Keywords whose object holds schemas under names of the user's choice.
constexpr std::array named_schemas{"properties"sv, "patternProperties"sv, "definitions"sv,
                                   "$defs"sv, "dependencies"sv};
/// Keywords that hold data.
constexpr std::array data_keywords{"enum"sv, "const"sv, "default"sv, "examples"sv};

/// What valijson does not look at: references that lead elsewhere or in a circle, and patterns.
class SchemaWalk {
public:
    SchemaWalk(const Value& root, SchemaPatterns& patterns) : root_{root}, patterns_{patterns} {}

    /// The first reason why it can't be compiled.
    std::optional<std::string> run() {
        schema(root_, 0);
        return wrong_;
    }

private:
    void schema(const Value& value, std::size_t depth) {
        if (wrong_) return;
        if (depth > schema_depth_max) {
            wrong_ = "it is nested too deeply";
        } else if (value.is_array()) {
            for (const Value& element : value.as_array())
                schema(element, depth + 1);
        } else if (value.is_object()) {
            for (const core::Member& member : value.as_object())
                keyword(member, depth);
        }
    }

    void keyword(const core::Member& member, std::size_t depth) {
        const std::string_view key = member.key;
        if (std::ranges::find(data_keywords, key) != data_keywords.end()) return;
        if (key == "$ref" && member.value.is_string()) return reference(member.value.as_string());
        if (key == "pattern" && member.value.is_string()) {
            return pattern(member.value.as_string());
        }
        const bool named = std::ranges::find(named_schemas, key) != named_schemas.end();
        if (!named || !member.value.is_object()) return schema(member.value, depth + 1);
        for (const core::Member& entry : member.value.as_object()) {
            if (key == "patternProperties") pattern(entry.key);
            schema(entry.value, depth + 1);
        }
    }

    void pattern(std::string_view text) {
        if (std::optional<std::string> reason = patterns_.add(text)) {
            wrong_ = "pattern " + std::string{text} + ": " + *reason;
        }
    }

    void reference(std::string_view text) {
        const std::string first{text};
        for (std::size_t hops = 0; hops < reference_hops_max; ++hops) {
            if (!text.starts_with('#')) {
                wrong_ = "$ref " + std::string{text} +
                         " leads out of the schema; only references that begin with # are read";
                return;
            }
            const Value* const target = resolve(text.substr(1));
            if (target == nullptr) {
                wrong_ = "$ref " + std::string{text} + " names nothing in the schema";
                return;
            }
            const Value* const next = target->find("$ref");
            if (next == nullptr || !next->is_string()) return;
            text = next->as_string();
        }
        wrong_ = "$ref " + first + " leads in a circle";
    }

    const Value* resolve(std::string_view pointer) const {
        const Value* at = &root_;
        if (!pointer.empty() && !pointer.starts_with('/')) return nullptr;
        while (!pointer.empty()) {
            const std::string token = next_token(pointer);
            if (at->is_array()) {
                const std::span<const Value> elements = at->as_array();
                const bool number = !token.empty() && token.size() < 10 &&
                                    token.find_first_not_of("0123456789") == std::string::npos;
                if (!number || std::stoul(token) >= elements.size()) return nullptr;
                at = &elements[std::stoul(token)];
            } else {
                at = at->find(token);
                if (at == nullptr) return nullptr;
            }
        }
        return at;
    }

    const Value& root_;
    SchemaPatterns& patterns_;
    std::optional<std::string> wrong_;
};

class CompiledSchema final : public core::SchemaCheck {
public:
    SchemaPatterns& patterns() { return patterns_; }

    void parse(const Value& schema) {
        valijson::SchemaParser parser;
        parser.populateSchema(CoreAdapter{schema}, schema_);
    }

    std::vector<core::SchemaViolation> violations(const Value& value) const override {
        std::vector<core::SchemaViolation> found;
        SchemaRun run{patterns_};
        SchemaVisitor{run, value, {}, &found}.check(*schema_.root());
        return found;
    }

private:
    SchemaPatterns patterns_;
    valijson::Schema schema_;
};

}  // namespace

std::string_view code_text(SchemaErrc code) {
    switch (code) {
        case SchemaErrc::bad_schema: return "bad_schema";
    }
    return "unknown";
}

core::Result<std::shared_ptr<const core::SchemaCheck>> compile_schema(const Value& schema) {
    auto compiled = std::make_shared<CompiledSchema>();
    if (!schema.is_object() && !schema.is_bool()) {
        return core::fail(SchemaErrc::bad_schema, "expected an object");
    }
    if (const auto wrong = SchemaWalk{schema, compiled->patterns()}.run()) {
        return core::fail(SchemaErrc::bad_schema, *wrong);
    }
    try {
        compiled->parse(schema);
    } catch (const std::exception& error) {
        return core::fail(SchemaErrc::bad_schema, error.what());
    }
    return compiled;
}

std::string_view workflow_schema() {
    return embedded::workflow_schema::files()[0].content;
}

}  // namespace millrace::format
