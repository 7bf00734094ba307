// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core_adapter.hpp"
// The adapter must come first: it chooses exceptions for all of valijson.
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/constraints/constraint_visitor.hpp>
#include <valijson/subschema.hpp>

#include "millrace/core/schema_check.hpp"
#include "schema_patterns.hpp"

namespace millrace::format {

/// What one check has in common at all depths.
struct SchemaRun {
    const SchemaPatterns& patterns;
    /// References can double the work at every level: without a budget it might never end.
    std::size_t steps_left;
    bool is_spent = false;
    std::size_t depth = 0;

    /// The budget for checking `value`: a million steps, and some for each value in it.
    static std::size_t steps_for(const core::Value& value);
    /// Takes steps off the budget. False once it is spent: then nothing is checked any more.
    bool charge(std::size_t steps);
};

/// Checks one value against the constraints of one subschema. valijson parses schemas; its own
/// validator is not used, because its messages do not say what was found and it matches patterns
/// without any bound.
class SchemaVisitor final : public valijson::constraints::ConstraintVisitor {
public:
    /// `violations` is null where only the answer counts.
    SchemaVisitor(SchemaRun& run, const core::Value& value, std::string path,
                  std::vector<core::SchemaViolation>* violations)
        : run_{run}, value_{value}, path_{std::move(path)}, violations_{violations} {}

    bool check(const valijson::Subschema& schema);

    bool visit(const AllOfConstraint& constraint) override;
    bool visit(const AnyOfConstraint& constraint) override;
    bool visit(const ConditionalConstraint& constraint) override;
    bool visit(const ConstConstraint& constraint) override;
    bool visit(const ContainsConstraint& constraint) override;
    bool visit(const DependenciesConstraint& constraint) override;
    bool visit(const EnumConstraint& constraint) override;
    bool visit(const FormatConstraint& constraint) override;
    bool visit(const LinearItemsConstraint& constraint) override;
    bool visit(const MaximumConstraint& constraint) override;
    bool visit(const MaxItemsConstraint& constraint) override;
    bool visit(const MaxLengthConstraint& constraint) override;
    bool visit(const MaxPropertiesConstraint& constraint) override;
    bool visit(const MinimumConstraint& constraint) override;
    bool visit(const MinItemsConstraint& constraint) override;
    bool visit(const MinLengthConstraint& constraint) override;
    bool visit(const MinPropertiesConstraint& constraint) override;
    bool visit(const MultipleOfDoubleConstraint& constraint) override;
    bool visit(const MultipleOfIntConstraint& constraint) override;
    bool visit(const NotConstraint& constraint) override;
    bool visit(const OneOfConstraint& constraint) override;
    bool visit(const PatternConstraint& constraint) override;
    bool visit(const PolyConstraint& constraint) override;
    bool visit(const PropertiesConstraint& constraint) override;
    bool visit(const PropertyNamesConstraint& constraint) override;
    bool visit(const RequiredConstraint& constraint) override;
    bool visit(const SingularItemsConstraint& constraint) override;
    bool visit(const TypeConstraint& constraint) override;
    bool visit(const UniqueItemsConstraint& constraint) override;

private:
    bool violated(std::string message) { return violated_at(path_, std::move(message)); }
    bool violated_at(const std::string& path, std::string message);
    /// `expected <wanted>, found <the value>`
    bool unexpected(std::string_view wanted);

    bool check_here(const valijson::Subschema& schema) {
        return SchemaVisitor{run_, value_, path_, violations_}.check(schema);
    }
    bool check_child(const valijson::Subschema& schema, const core::Value& child,
                     std::string path) {
        return SchemaVisitor{run_, child, std::move(path), violations_}.check(schema);
    }
    bool conforms(const valijson::Subschema& schema, const core::Value& value) {
        return SchemaVisitor{run_, value, path_, nullptr}.check(schema);
    }
    /// Says for each alternative that failed what it missed first.
    std::string reasons(const std::vector<const valijson::Subschema*>& alternatives);
    bool check_property(const PropertiesConstraint& constraint, const core::Member& member);
    bool unknown_property(const PropertiesConstraint& constraint, const core::Member& member);
    bool matches(std::string_view pattern, std::string_view text);
    bool charge_equality(const core::Value& wanted);
    bool check_size(bool applies, bool fits, std::string_view relation, std::uint64_t count,
                    std::string_view unit);

    SchemaRun& run_;
    const core::Value& value_;
    std::string path_;
    std::vector<core::SchemaViolation>* violations_;
};

}  // namespace millrace::format
