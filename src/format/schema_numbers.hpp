// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

#include "core_adapter.hpp"
// The adapter must come first: it chooses exceptions for all of valijson.
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema_parser.hpp>

#include "millrace/core/value.hpp"

namespace millrace::format {

/// A `maximum` or one of its kin. valijson keeps limits as doubles, which tell neighbouring
/// integers apart only below 2^53; this one compares exactly.
class ExactLimit final : public valijson::constraints::PolyConstraint {
public:
    enum class Relation : unsigned char { at_most, less_than, at_least, more_than };

    ExactLimit(Relation relation, core::Value limit);

    bool holds(const core::Value& number) const;
    /// `at most 5`
    std::string wanted() const;
    bool validate(const valijson::adapters::Adapter& target,
                  const std::vector<std::string>& context,
                  valijson::ValidationResults* results) const override;

private:
    Constraint* cloneInto(void* memory) const override { return new (memory) ExactLimit(*this); }
    std::size_t sizeOf() const override { return sizeof(ExactLimit); }

    Relation relation_;
    core::Value limit_;
};

/// Makes `parser` read limits as `ExactLimit`, beside its own constraints.
void add_exact_limits(valijson::SchemaParser& parser);

}  // namespace millrace::format
