// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cell.hpp"
#include "evaluator.hpp"

// Everything that an expression can call by name is a row of one table. To add a function, write
// `Cell name(Call& call)` in the file of its subject and a row in that file's table; to add a
// table, give it to `tables` in builtins.cpp. Parser, suggestions and documentation read the rows.
//
// A function returns its result, or `Evaluator::failed()` after a fail… or charge… said no. It
// must charge before it produces: a unit per byte or element made, `charge_scan` for bytes that
// are only looked at (element_list, text_cell and members_of charge by themselves, calls too).
// A Cell's text and containers live as long as the evaluator; views into arguments may be results.
namespace millrace::expr {

struct Call {
    Evaluator& evaluator;
    const Node& node;  ///< of the call, for messages and conversions
    Cell receiver;     ///< of a method; of all others undefined
    std::span<const Cell> arguments;

    /// Undefined where the call gave none.
    Cell argument(std::size_t index) const {
        return index < arguments.size() ? arguments[index] : Cell{};
    }
    // Conversions of arguments, as JavaScript makes them. Nothing after a failure.
    std::optional<std::string_view> text(std::size_t index) const;
    /// ToNumber, so that a BigInt fails.
    std::optional<double> number(std::size_t index) const;
    /// ToIntegerOrInfinity; `missing` where the argument is undefined.
    std::optional<double> integer(std::size_t index, double missing = 0) const;
    /// The argument if it can be called; a failed cell, whose failure names the function, if not.
    Cell function(std::size_t index) const;

    Cell fail_type(std::string_view what) const { return evaluator.fail_type(node, what); }
    Cell fail_range(std::string_view what) const { return evaluator.fail_range(node, what); }
    /// For what JavaScript would do and this does not: `what` is the construct.
    Cell fail_not_native(std::string_view what) const {
        return evaluator.fail_not_native(node, what);
    }
};

struct Builtin {
    /// Of a method the kind of its receiver: "string", "number", "boolean", "bigint", "bytes",
    /// "array", "object"; of a namespace's function its name, "Math" or "$date"; "" for a global.
    std::string_view owner;
    std::string_view name;
    Cell (*function)(Call& call);
    /// Parameters in order, as documentation shows them: "start, end?" or "...values".
    std::string_view parameters;
};

struct BuiltinConstant {
    std::string_view owner;  ///< a namespace
    std::string_view name;
    double value;
};

const Builtin* find_builtin(std::string_view owner, std::string_view name);
const BuiltinConstant* find_constant(std::string_view owner, std::string_view name);
/// Does this owner, other than the kinds of receivers, exist?
bool is_namespace(std::string_view name);
/// Does any kind of receiver have this method?
bool is_method(std::string_view name);
/// All rows, for suggestions and documentation; sorted by owner and name.
std::span<const Builtin> all_builtins();
std::span<const BuiltinConstant> all_constants();
/// The owner of a cell's methods; "" when it has none.
std::string_view owner_of(Cell::Kind kind);

/// Makes an array. Charges a unit for each element.
class ArrayMaker {
public:
    explicit ArrayMaker(Evaluator& evaluator, std::size_t expected = 0);

    /// False when the fuel has run out.
    bool push(const Cell& cell) {
        if (!evaluator_.charge(1)) return false;
        if (size_ == capacity_) grow(2 * capacity_);
        cells_[size_++] = cell;
        return true;
    }
    std::span<Cell> cells() { return {cells_, size_}; }
    Cell finish();

private:
    void grow(std::size_t capacity);

    Evaluator& evaluator_;
    Cell* cells_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Makes an object; of equal keys the last one's value counts. Charges two units for each member.
/// Puts the keys into JavaScript's order at the end.
class ObjectMaker {
public:
    explicit ObjectMaker(Evaluator& evaluator, std::size_t expected = 0);

    /// The key must live as long as the evaluator. False when the fuel has run out.
    bool set(std::string_view key, const Cell& cell);
    Cell finish();

private:
    void grow(std::size_t capacity);
    std::uint32_t* place_of(std::string_view key);
    void rebuild_index();
    void order();

    Evaluator& evaluator_;
    std::string_view* keys_ = nullptr;
    Cell* cells_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::uint32_t* index_ = nullptr;  // open addressing, of places + 1; only for larger objects
    std::uint32_t index_mask_ = 0;
    bool has_indices_ = false;  // among the keys
};

/// A property of an object.
struct CellMember {
    std::string_view key;
    Cell cell;
};
/// The own enumerable properties of a value, in JavaScript's order: of objects, arrays, bytes and
/// strings; everything else has none. Charges for them. Nothing when the fuel has run out.
std::optional<std::span<const CellMember>> members_of(Evaluator& evaluator, const Cell& cell);

/// What iterating gives, as spread, Array.from and patterns do: an array's elements, a string's
/// code points. A failed cell for what JavaScript can't iterate over. Arrays come back as they are.
Cell iterated(Evaluator& evaluator, const Cell& cell, const Node& node);

// The tables, one per file.
std::span<const Builtin> array_builtins();
std::span<const Builtin> array_call_builtins();
std::span<const Builtin> object_builtins();
std::span<const Builtin> text_search_builtins();
std::span<const Builtin> text_part_builtins();
std::span<const Builtin> text_replace_builtins();
std::span<const Builtin> text_case_builtins();
std::span<const Builtin> number_builtins();
std::span<const BuiltinConstant> number_constants();
std::span<const Builtin> math_builtins();
std::span<const BuiltinConstant> math_constants();
std::span<const Builtin> conversion_builtins();
std::span<const Builtin> json_builtins();
std::span<const Builtin> uri_builtins();
std::span<const Builtin> date_builtins();
std::span<const Builtin> hash_builtins();

}  // namespace millrace::expr
