// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cell.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/expr/expression.hpp"
#include "program.hpp"
#include "scratch.hpp"

namespace millrace::expr {

class JsonPath;

class ArrayMaker;
class ObjectMaker;

/// Deepest sum of the trees of functions that call each other, with some for each call.
inline constexpr std::uint32_t call_depth_max = 2000;
/// Data that the expression made, nested deeper than this, would be a threat to the stack.
inline constexpr std::size_t data_depth_max = 1000;

/// One evaluation of a program's expressions over the same operands. Whatever the cells it gives
/// point to lives as long as the evaluator, the program and the operands. A cell of kind `failed`
/// means that take_failure() has the reason.
class Evaluator {
public:
    Evaluator(const Program& program, std::span<const Operand> operands, Fuel& fuel)
        : program_{program}, operands_{operands}, fuel_{fuel} {}

    Cell run(NodeIndex root) { return eval(root); }

    /// As it leaves the expression; undefined gives null. Nothing after a failure.
    std::optional<core::Value> to_value(const Cell& cell);
    /// Appends as template text. False after a failure.
    bool append_template_text(std::string& out, const Cell& cell);

    core::Failure take_failure() { return *std::move(failure_); }

    /// What tells the UUIDs of one evaluation apart; it may go on where another one ended.
    std::uint64_t next_uuid() { return uuid_count_++; }
    std::uint64_t uuid_count() const { return uuid_count_; }
    void continue_uuids(std::uint64_t count) { uuid_count_ = count; }

    // What builtins and the operators are made of. A failed cell in gives a failed cell out.

    /// Calls a function; gives its result. Charges for the call and what it does. Fails for what
    /// is no function.
    Cell call(const Cell& function, std::span<const Cell> arguments, const Node& node);

    Cell to_primitive(const Cell& cell, const Node& node);
    /// A number or a BigInt.
    Cell to_numeric(const Cell& cell, const Node& node);
    /// A number; a BigInt fails.
    Cell to_number(const Cell& cell, const Node& node);
    Cell to_text(const Cell& cell, const Node& node);
    /// What `.name` and `[name]` give; the failure of a nullish object is the caller's.
    Cell property(const Cell& object, std::string_view name, const Node& node);
    /// Nothing when the object has no property of its own of that name.
    std::optional<Cell> own_property(const Cell& object, std::string_view name);
    bool strictly_equal(const Cell& left, const Cell& right);
    /// As strictly_equal, but NaN equals NaN.
    bool same_value_zero(const Cell& left, const Cell& right);

    /// False when the fuel has run out.
    bool charge(std::uint64_t units) {
        if (units > fuel_.left) return run_dry();
        fuel_.left -= units;
        return true;
    }
    /// For what is only looked at: much cheaper than what is produced.
    bool charge_scan(std::uint64_t units) { return charge(units / 64); }
    std::uint64_t fuel_left() const { return fuel_.left; }

    /// Charges for the text and copies it.
    Cell text_cell(std::string_view text);
    /// Copies what has been charged for.
    std::string_view keep_text(std::string_view text) { return scratch_.copy(text); }
    /// Takes a value over and gives it as a cell, with an identity of its own. The caller charges.
    Cell keep_value(core::Value value);
    Scratch& scratch() { return scratch_; }
    std::uint64_t new_identity() { return literal_mark | literal_count_++; }
    const Program& program() const { return program_; }
    /// What a JSONPath query selects. Nothing after a failure.
    std::optional<std::vector<core::Value>> select(const JsonPath& path, const core::Value& value);

    // Failures. Each gives a failed cell; `what` follows the source of the node.
    static Cell failed() { return Cell::bare(Cell::Kind::failed); }
    Cell fail(std::string_view code, core::ErrorClass error_class, std::string message);
    Cell fail_type(const Node& node, std::string_view what);
    Cell fail_range(const Node& node, std::string_view what);
    Cell fail_not_native(const Node& node, std::string_view what);
    Cell fail_depth(const Node& node, std::string_view what);
    std::string source_of(const Node& node) const;

private:
    static constexpr std::uint64_t literal_mark = std::uint64_t{1} << 63;

    // evaluator.cpp
    bool run_dry();
    Cell eval(NodeIndex index);
    Cell fresh(const Node& node);
    Cell chain(const Node& node);
    Cell discard(const Node& node);
    Cell conditional(const Node& node);
    Cell unary(const Node& node);
    Cell binary(const Node& node);
    Cell array(const Node& node);
    Cell object(const Node& node);
    Cell text(const Node& node);
    Cell type_of(const Node& node);
    Cell operand(NodeIndex index) const;

    // calls.cpp
    struct Arguments;
    bool collect(Arguments& arguments, const Node& node);
    Cell function(const Node& node);
    Cell call_value(const Node& node);
    Cell call_method(const Node& node);
    Cell call_property(const Cell& receiver, const Method& method, const Node& node);
    Cell call_builtin(const Node& node);
    Cell invoke(const Closure& closure, std::span<const Cell> arguments, const Node& node);
    bool bind(const Function& code, std::span<const Cell> arguments, std::size_t base);
    // patterns.cpp
    Cell iterate(const Node& node);
    Cell item(const Node& node);
    Cell tail(const Node& node);
    Cell rest(const Node& node);
    bool push_spread(ArrayMaker& maker, const Node& spread);
    bool copy_members(ObjectMaker& maker, NodeIndex source);

    // operators.cpp: `left` and `right` are results.
    Cell add(const Cell& left, const Cell& right, const Node& node);
    Cell arithmetic(const Cell& left, const Cell& right, const Node& node);
    Cell bits(const Cell& left, const Cell& right, const Node& node);
    Cell big_bits(std::int64_t left, std::int64_t right, const Node& node);
    Cell big_arithmetic(std::int64_t left, std::int64_t right, const Node& node);
    Cell big_power(std::int64_t base, std::int64_t exponent, const Node& node);
    Cell relation(const Cell& left, const Cell& right, const Node& node);
    std::partial_ordering compare(const Cell& left, const Cell& right);
    bool charge_comparison(const Cell& left, const Cell& right);
    Cell equality(const Cell& left, const Cell& right, const Node& node);
    std::optional<bool> loosely_equal(Cell left, Cell right, const Node& node);

    // conversions.cpp
    Cell concatenate(const Cell& left, const Cell& right, const Node& node);
    bool check_text_of(const Cell& object, const Node& node);
    bool append_charged(std::string& out, std::string_view piece);
    /// Charges for what it appends, as does append_joined.
    bool append_text(std::string& out, const Cell& cell, const Node& node, std::size_t depth);
    bool append_joined(std::string& out, const Cell& cell, const Node& node, std::size_t depth);
    std::optional<core::Value> to_value(const Cell& cell, std::size_t depth);
    std::optional<core::Value> literal_value(const Literal& literal, std::size_t depth);

    // properties.cpp
    Cell member(const Node& node);
    Cell element(const Node& node);
    Cell in(const Node& node);
    Cell nullish_access(const Cell& object, std::string_view name, const Node& node);

    const Program& program_;
    std::span<const Operand> operands_;
    Fuel& fuel_;
    std::optional<core::Failure> failure_;
    std::forward_list<core::Value> values_;  // never moves an element
    Scratch scratch_;
    std::vector<Cell> slots_;  // the frames of all functions being called
    std::size_t frame_ = 0;    // where the current one begins
    const Cell* captured_ = nullptr;
    std::uint32_t depth_ = 0;  // of the trees of those functions
    std::uint64_t literal_count_ = 0;
    std::uint64_t uuid_count_ = 0;
};

/// JavaScript's Boolean(cell).
bool is_truthy(const Cell& cell);
std::size_t array_size(const Cell& array);
/// Of an array, a literal one, or bytes; `index` is within.
Cell array_element(const Cell& array, std::size_t index);

/// The array index that `key` spells, as in "0" or "17"; nothing for "01", "-1", "1.5", "x".
std::optional<std::size_t> parse_index(std::string_view key);

}  // namespace millrace::expr
