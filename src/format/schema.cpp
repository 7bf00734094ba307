// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/schema.hpp"

#include <exception>
#include <string>
#include <utility>

#include "core_adapter.hpp"
#include "embedded/workflow_schema.hpp"
#include "schema_numbers.hpp"
#include "schema_patterns.hpp"
#include "schema_visitor.hpp"
#include "schema_walk.hpp"

// The adapter must come first: it chooses exceptions for all of valijson.
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>

namespace millrace::format {

using core::Value;

namespace {

class CompiledSchema final : public core::SchemaCheck {
public:
    SchemaPatterns& patterns() { return patterns_; }

    void parse(const Value& schema) {
        valijson::SchemaParser parser;
        add_exact_limits(parser);
        parser.populateSchema(CoreAdapter{schema}, schema_);
    }

    std::vector<core::SchemaViolation> violations(const Value& value) const override {
        std::vector<core::SchemaViolation> found;
        SchemaRun run{patterns_, SchemaRun::steps_for(value)};
        SchemaVisitor{run, value, {}, &found}.check(*schema_.root());
        // What was found meanwhile may follow from the checks that were left out.
        if (run.is_spent) return {{"", "too costly to check; simplify the schema"}};
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
    if (const auto wrong = schema_mistake(schema, compiled->patterns())) {
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
