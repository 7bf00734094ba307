// SPDX-License-Identifier: Apache-2.0
#include "schema_numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "schema_visitor.hpp"

namespace millrace::format {

using core::Value;

namespace {

std::partial_ordering order(std::int64_t integer, double number) {
    if (std::isnan(number)) return std::partial_ordering::unordered;
    if (number >= 0x1p63) return std::partial_ordering::less;
    if (number < -0x1p63) return std::partial_ordering::greater;
    const double whole = std::trunc(number);
    const auto rounded = static_cast<std::int64_t>(whole);
    return integer != rounded ? integer <=> rounded : 0.0 <=> number - whole;
}

std::partial_ordering order(const Value& a, const Value& b) {
    if (a.is_integer() && b.is_integer()) return a.as_integer() <=> b.as_integer();
    if (a.is_integer()) return order(a.as_integer(), b.as_double());
    if (b.is_integer()) return 0 <=> order(b.as_integer(), a.as_double());
    return a.as_double() <=> b.as_double();
}

class LimitBuilder final : public valijson::ConstraintBuilder {
public:
    explicit LimitBuilder(ExactLimit::Relation relation) : relation_{relation} {}

    valijson::constraints::Constraint* make(
        const valijson::adapters::Adapter& adapter) const override {
        const std::unique_ptr<valijson::adapters::FrozenValue> frozen{adapter.freeze()};
        return new ExactLimit{relation_, static_cast<const CoreFrozenValue&>(*frozen).value()};
    }

private:
    ExactLimit::Relation relation_;
};

bool is_whole(const Value& number) {
    return number.is_integer() || std::trunc(number.as_double()) == number.as_double();
}

}  // namespace

ExactLimit::ExactLimit(Relation relation, Value limit)
    : relation_{relation}, limit_{std::move(limit)} {}

bool ExactLimit::holds(const Value& number) const {
    const std::partial_ordering ordering = order(number, limit_);
    switch (relation_) {
        case Relation::at_most: return ordering <= 0;
        case Relation::less_than: return ordering < 0;
        case Relation::at_least: return ordering >= 0;
        case Relation::more_than: return ordering > 0;
    }
    return false;
}

std::string ExactLimit::wanted() const {
    const std::string limit = core::to_json(limit_);
    switch (relation_) {
        case Relation::at_most: return "at most " + limit;
        case Relation::less_than: return "less than " + limit;
        case Relation::at_least: return "at least " + limit;
        case Relation::more_than: return "more than " + limit;
    }
    return limit;
}

bool ExactLimit::validate(const valijson::adapters::Adapter&, const std::vector<std::string>&,
                          valijson::ValidationResults*) const {
    return true;  // only valijson's own validator asks, which is not used
}

void add_exact_limits(valijson::SchemaParser& parser) {
    using enum ExactLimit::Relation;
    parser.addConstraintBuilder("maximum", new LimitBuilder{at_most});  // the parser owns them
    parser.addConstraintBuilder("exclusiveMaximum", new LimitBuilder{less_than});
    parser.addConstraintBuilder("minimum", new LimitBuilder{at_least});
    parser.addConstraintBuilder("exclusiveMinimum", new LimitBuilder{more_than});
}

bool SchemaVisitor::visit(const PolyConstraint& constraint) {
    const auto& limit = static_cast<const ExactLimit&>(constraint);  // there are no others
    return !value_.is_number() || limit.holds(value_) || unexpected(limit.wanted());
}

bool SchemaVisitor::visit(const MaximumConstraint&) {
    return true;  // see ExactLimit
}

bool SchemaVisitor::visit(const MinimumConstraint&) {
    return true;
}

bool SchemaVisitor::visit(const MultipleOfDoubleConstraint& constraint) {
    if (!value_.is_number()) return true;
    const double divisor = constraint.getDivisor();
    // 0.3 is a multiple of 0.1 to people, though not as binary fractions.
    const double quotient = value_.as_double() / divisor;
    if (std::abs(quotient - std::round(quotient)) <= 1e-9 * std::max(1.0, std::abs(quotient))) {
        return true;
    }
    return unexpected("a multiple of " + core::number_text(divisor));
}

bool SchemaVisitor::visit(const MultipleOfIntConstraint& constraint) {
    if (!value_.is_number()) return true;
    const std::int64_t divisor = constraint.getDivisor();  // more than 0: the walk has checked
    const bool good = divisor == 1 ? is_whole(value_)
                      : value_.is_integer()
                          ? value_.as_integer() % divisor == 0
                          : std::fmod(value_.as_double(), static_cast<double>(divisor)) == 0;
    return good || unexpected("a multiple of " + std::to_string(divisor));
}

}  // namespace millrace::format
