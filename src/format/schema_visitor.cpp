// SPDX-License-Identifier: Apache-2.0
#include "schema_visitor.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/schema.hpp"
#include "reading.hpp"
#include "schema_formats.hpp"

namespace millrace::format {

using core::Value;
using valijson::Subschema;

namespace {

// A schema that refers to itself without going down in the value would never end.
constexpr std::size_t depth_max = 400;
constexpr std::size_t violations_max = 100;
// How much of what is cheap, comparing names and copying text, counts as one step.
constexpr std::size_t names_per_step = 16;
constexpr std::size_t searched_names_max = 1000;
constexpr std::size_t bytes_per_step = 256;
constexpr std::size_t pattern_steps_per_step = 64;

std::string_view text_of(const auto& string) {
    return {string.data(), string.size()};
}

std::size_t count_characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const Value& value_of(const valijson::adapters::FrozenValue& frozen) {
    return static_cast<const CoreFrozenValue&>(frozen).value();  // schemas are made of no others
}

using JsonType = valijson::constraints::TypeConstraint::JsonType;

bool is_of(const Value& value, JsonType type) {
    using T = valijson::constraints::TypeConstraint;
    switch (type) {
        case T::kAny: return true;
        case T::kArray: return value.is_array();
        case T::kBoolean: return value.is_bool();
        // An integral double beyond 2^53 is no integer Value, but JSON Schema counts it as one.
        case T::kInteger:
            return value.is_integer() ||
                   (value.is_number() && std::trunc(value.as_double()) == value.as_double());
        case T::kNull: return value.is_null();
        case T::kNumber: return value.is_number();
        case T::kObject: return value.is_object();
        case T::kString: return value.is_string() || value.is_bytes();
    }
    return false;
}

std::string_view type_text(JsonType type) {
    using T = valijson::constraints::TypeConstraint;
    switch (type) {
        case T::kAny: return "any value";
        case T::kArray: return "an array";
        case T::kBoolean: return "true or false";
        case T::kInteger: return "a whole number";
        case T::kNull: return "null";
        case T::kNumber: return "a number";
        case T::kObject: return "an object";
        case T::kString: return "text";
    }
    return "any value";
}

std::string plural(std::uint64_t count, std::string_view unit) {
    return std::to_string(count) + " " + std::string{unit} + (count == 1 ? "" : "s");
}

}  // namespace

std::size_t SchemaRun::steps_for(const Value& value) {
    constexpr std::size_t steps_min = 1'000'000;
    constexpr std::size_t steps_per_value = 10;
    const std::size_t values = std::min(value.element_count(), steps_min * 100);
    return steps_min + values * steps_per_value;
}

bool SchemaRun::charge(std::size_t steps) {
    is_spent = is_spent || steps > steps_left;
    if (!is_spent) steps_left -= steps;
    return !is_spent;
}

bool SchemaVisitor::charge_equality(const Value& wanted) {
    return run_.charge(1 +
                       std::min(wanted.element_count(), value_.element_count()) / names_per_step);
}

bool SchemaVisitor::check(const Subschema& schema) {
    if (!run_.charge(1 + path_.size() / bytes_per_step)) return false;
    if (schema.getAlwaysInvalid()) return violated("no value is allowed here");
    if (run_.depth >= depth_max) return violated("the schema refers to itself without end");
    ++run_.depth;
    Subschema::ApplyFunction apply = [this](const valijson::constraints::Constraint& constraint) {
        // Text is counted and taken apart, by some constraints whole.
        const std::size_t text = value_.is_string() ? value_.as_string().size() : 0;
        return run_.charge(1 + text / bytes_per_step) && constraint.accept(*this);
    };
    const bool good = violations_ != nullptr ? schema.apply(apply) : schema.applyStrict(apply);
    --run_.depth;
    return good;
}

bool SchemaVisitor::violated_at(const std::string& path, std::string message) {
    if (violations_ != nullptr && violations_->size() < violations_max) {
        violations_->push_back({path, std::move(message)});
    }
    return false;
}

bool SchemaVisitor::unexpected(std::string_view wanted) {
    if (violations_ == nullptr) return false;
    return violated("expected " + std::string{wanted} + ", found " + shown(value_));
}

// --- combinations

bool SchemaVisitor::visit(const AllOfConstraint& constraint) {
    bool good = true;
    constraint.applyToSubschemas([&](unsigned, const Subschema* schema) {
        good = check_here(*schema) && good;
        return true;
    });
    return good;
}

std::string SchemaVisitor::reasons(const std::vector<const Subschema*>& alternatives) {
    constexpr std::size_t shown_max = 4;
    std::vector<std::string> texts;
    for (const Subschema* const schema : alternatives) {
        std::vector<core::SchemaViolation> found;
        SchemaVisitor{run_, value_, path_, &found}.check(*schema);
        if (found.empty() || texts.size() >= shown_max) continue;
        std::string text = found.front().message;
        if (found.front().path != path_) text += " at " + found.front().path;
        if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
    }
    std::string joined;
    for (const std::string& text : texts)
        joined += (joined.empty() ? "" : "; or ") + text;
    return joined;
}

bool SchemaVisitor::visit(const AnyOfConstraint& constraint) {
    std::vector<const Subschema*> alternatives;
    bool good = false;
    constraint.applyToSubschemas([&](unsigned, const Subschema* schema) {
        alternatives.push_back(schema);
        good = conforms(*schema, value_);
        return !good;
    });
    if (good || violations_ == nullptr) return good;
    return violated("none of the allowed forms: " + reasons(alternatives));
}

bool SchemaVisitor::visit(const OneOfConstraint& constraint) {
    std::vector<const Subschema*> alternatives;
    std::size_t fitting = 0;
    constraint.applyToSubschemas([&](unsigned, const Subschema* schema) {
        alternatives.push_back(schema);
        fitting += conforms(*schema, value_) ? 1 : 0;
        return true;
    });
    if (fitting == 1 || violations_ == nullptr) return fitting == 1;
    if (fitting > 1) return violated("fits more than one of the forms of which one is allowed");
    return violated("none of the allowed forms: " + reasons(alternatives));
}

bool SchemaVisitor::visit(const NotConstraint& constraint) {
    if (!conforms(*constraint.getSubschema(), value_)) return true;
    return violated(shown(value_) + " is not allowed here");
}

bool SchemaVisitor::visit(const ConditionalConstraint& constraint) {
    const bool holds = conforms(*constraint.getIfSubschema(), value_);
    const Subschema* const then =
        holds ? constraint.getThenSubschema() : constraint.getElseSubschema();
    return then == nullptr || check_here(*then);
}

// --- any value

bool SchemaVisitor::visit(const TypeConstraint& constraint) {
    bool good = false;
    std::vector<std::string_view> names;
    constraint.applyToNamedTypes([&](JsonType type) {
        names.push_back(type_text(type));
        good = good || is_of(value_, type);
        return !good;
    });
    constraint.applyToSchemaTypes([&](unsigned, const Subschema* schema) {
        good = good || conforms(*schema, value_);
        return !good;
    });
    if (good) return true;
    std::string wanted;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) wanted += i + 1 == names.size() ? " or " : ", ";
        wanted += names[i];
    }
    return unexpected(wanted);
}

bool SchemaVisitor::visit(const ConstConstraint& constraint) {
    const Value& wanted = value_of(*constraint.getValue());
    if (!charge_equality(wanted)) return false;
    return wanted == value_ || unexpected(core::to_json(wanted));
}

bool SchemaVisitor::visit(const EnumConstraint& constraint) {
    bool good = false;
    std::string wanted;
    constraint.applyToValues([&](const valijson::adapters::FrozenValue& frozen) {
        const Value& value = value_of(frozen);
        if (!charge_equality(value)) return false;
        good = value == value_;
        if (violations_ != nullptr) wanted += (wanted.empty() ? "" : ", ") + core::to_json(value);
        return !good;
    });
    return good || unexpected("one of " + wanted);
}

// --- strings

bool SchemaVisitor::visit(const FormatConstraint& constraint) {
    if (!value_.is_string() || keeps_format(constraint.getFormat(), value_.as_string())) {
        return true;
    }
    return unexpected("text of format " + constraint.getFormat());
}

bool SchemaVisitor::matches(std::string_view pattern, std::string_view text) {
    const std::size_t steps = run_.patterns.steps(pattern, text);
    return run_.charge(1 + steps / pattern_steps_per_step) && run_.patterns.matches(pattern, text);
}

bool SchemaVisitor::visit(const PatternConstraint& constraint) {
    if (!value_.is_string()) return true;
    std::string pattern;
    constraint.getPattern(pattern);
    if (matches(pattern, value_.as_string())) return true;
    const std::size_t most = run_.patterns.text_bytes_max(pattern);
    if (value_.as_string().size() > most) {
        return violated("text of " + std::to_string(value_.as_string().size()) +
                        " bytes is too long to be matched against pattern " + pattern +
                        "; at most " + std::to_string(most) + " bytes are");
    }
    return unexpected("text that matches " + pattern);
}

bool SchemaVisitor::check_size(bool applies, bool fits, std::string_view relation,
                               std::uint64_t count, std::string_view unit) {
    if (!applies || fits) return true;
    const std::size_t size =
        value_.is_string() ? count_characters(value_.as_string()) : value_.size();
    return violated("expected " + std::string{relation} + " " + plural(count, unit) + ", found " +
                    std::to_string(size));
}

bool SchemaVisitor::visit(const MaxLengthConstraint& constraint) {
    const std::uint64_t max = constraint.getMaxLength();
    const bool fits = value_.is_string() && count_characters(value_.as_string()) <= max;
    return check_size(value_.is_string(), fits, "at most", max, "character");
}

bool SchemaVisitor::visit(const MinLengthConstraint& constraint) {
    const std::uint64_t min = constraint.getMinLength();
    const bool fits = value_.is_string() && count_characters(value_.as_string()) >= min;
    return check_size(value_.is_string(), fits, "at least", min, "character");
}

// --- arrays

bool SchemaVisitor::visit(const MaxItemsConstraint& constraint) {
    const std::uint64_t max = constraint.getMaxItems();
    return check_size(value_.is_array(), value_.size() <= max, "at most", max, "element");
}

bool SchemaVisitor::visit(const MinItemsConstraint& constraint) {
    const std::uint64_t min = constraint.getMinItems();
    return check_size(value_.is_array(), value_.size() >= min, "at least", min, "element");
}

bool SchemaVisitor::visit(const UniqueItemsConstraint&) {
    if (!value_.is_array()) return true;
    if (!run_.charge(value_.element_count())) return false;
    const auto hash = [](const Value* value) { return value->hash(); };
    const auto equal = [](const Value* a, const Value* b) { return *a == *b; };
    std::unordered_set<const Value*, decltype(hash), decltype(equal)> seen;
    std::size_t index = 0;
    for (const Value& element : value_.as_array()) {
        if (!seen.insert(&element).second) {
            return violated_at(core::pointer_child(path_, index),
                               shown(element) + " is given twice");
        }
        ++index;
    }
    return true;
}

bool SchemaVisitor::visit(const ContainsConstraint& constraint) {
    if (!value_.is_array()) return true;
    const Subschema& schema = *constraint.getSubschema();
    for (const Value& element : value_.as_array()) {
        if (conforms(schema, element)) return true;
    }
    return violated("no element is of the kind that must be among them");
}

bool SchemaVisitor::visit(const SingularItemsConstraint& constraint) {
    if (!value_.is_array()) return true;
    bool good = true;
    std::size_t index = 0;
    for (const Value& element : value_.as_array()) {
        good = check_child(*constraint.getItemsSubschema(), element,
                           core::pointer_child(path_, index++)) &&
               good;
    }
    return good;
}

bool SchemaVisitor::visit(const LinearItemsConstraint& constraint) {
    if (!value_.is_array()) return true;
    const std::span<const Value> elements = value_.as_array();
    bool good = true;
    constraint.applyToItemSubschemas([&](unsigned index, const Subschema* schema) {
        if (index >= elements.size()) return false;
        good = check_child(*schema, elements[index], core::pointer_child(path_, index)) && good;
        return true;
    });
    const Subschema* const rest = constraint.getAdditionalItemsSubschema();
    for (std::size_t i = constraint.getItemSubschemaCount(); i < elements.size(); ++i) {
        const std::string path = core::pointer_child(path_, i);
        good = (rest != nullptr ? check_child(*rest, elements[i], path)
                                : violated_at(path, "there is one element too many")) &&
               good;
    }
    return good;
}

// --- objects

bool SchemaVisitor::visit(const MaxPropertiesConstraint& constraint) {
    const std::uint64_t max = constraint.getMaxProperties();
    return check_size(value_.is_object(), value_.size() <= max, "at most", max, "key");
}

bool SchemaVisitor::visit(const MinPropertiesConstraint& constraint) {
    const std::uint64_t min = constraint.getMinProperties();
    return check_size(value_.is_object(), value_.size() >= min, "at least", min, "key");
}

bool SchemaVisitor::visit(const RequiredConstraint& constraint) {
    if (!value_.is_object()) return true;
    bool good = true;
    constraint.applyToRequiredProperties([&](const auto& name) {
        if (!run_.charge(1)) return false;
        if (value_.find(text_of(name)) == nullptr) {
            good = violated("key \"" + std::string{text_of(name)} + "\" is missing");
        }
        return true;
    });
    return good;
}

bool SchemaVisitor::visit(const PropertyNamesConstraint& constraint) {
    if (!value_.is_object()) return true;
    bool good = true;
    for (const core::Member& member : value_.as_object()) {
        const Value name{member.key};
        good =
            check_child(*constraint.getSubschema(), name, core::pointer_child(path_, member.key)) &&
            good;
    }
    return good;
}

bool SchemaVisitor::unknown_property(const PropertiesConstraint& constraint,
                                     const core::Member& member) {
    if (violations_ == nullptr || violations_->size() >= violations_max) return false;
    std::vector<std::string_view> names;
    constraint.applyToProperties([&](const auto& name, const Subschema*) {
        names.push_back(text_of(name));
        return true;
    });
    // The search compares letter by letter; among so many names it helps nobody.
    const bool searched = names.size() <= searched_names_max && run_.charge(names.size());
    const std::string near = searched ? core::nearest(member.key, names) : "";
    return violated_at(core::pointer_child(path_, member.key),
                       "unknown key " + quoted(member.key) +
                           (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
}

bool SchemaVisitor::check_property(const PropertiesConstraint& constraint,
                                   const core::Member& member) {
    bool known = false;
    bool good = true;
    const auto check_member = [&](const Subschema* schema) {
        known = true;
        good = check_child(*schema, member.value, core::pointer_child(path_, member.key)) && good;
    };
    std::size_t names = 0;
    constraint.applyToProperties([&](const auto& name, const Subschema* schema) {
        ++names;
        if (text_of(name) != member.key) return true;
        check_member(schema);
        return false;
    });
    if (!run_.charge(names / names_per_step)) return false;
    constraint.applyToPatternProperties([&](const auto& pattern, const Subschema* schema) {
        if (matches(text_of(pattern), member.key)) check_member(schema);
        return !run_.is_spent;
    });
    if (known) return good;
    const Subschema* const other = constraint.getAdditionalPropertiesSubschema();
    if (other == nullptr || other->getAlwaysInvalid()) return unknown_property(constraint, member);
    check_member(other);
    return good;
}

bool SchemaVisitor::visit(const PropertiesConstraint& constraint) {
    if (!value_.is_object()) return true;
    bool good = true;
    for (const core::Member& member : value_.as_object()) {
        if (run_.is_spent) return false;
        good = check_property(constraint, member) && good;
    }
    return good;
}

bool SchemaVisitor::visit(const DependenciesConstraint& constraint) {
    if (!value_.is_object()) return true;
    bool good = true;
    constraint.applyToPropertyDependencies([&](const auto& name, const auto& needed) {
        if (!run_.charge(1 + needed.size())) return false;
        if (value_.find(text_of(name)) == nullptr) return true;
        for (const auto& other : needed) {
            if (value_.find(text_of(other)) != nullptr) continue;
            good = violated("key \"" + std::string{text_of(name)} + "\" needs key \"" +
                            std::string{text_of(other)} + "\" beside it");
        }
        return true;
    });
    constraint.applyToSchemaDependencies([&](const auto& name, const Subschema* schema) {
        if (!run_.charge(1)) return false;
        if (value_.find(text_of(name)) != nullptr) good = check_here(*schema) && good;
        return true;
    });
    return good;
}

}  // namespace millrace::format
