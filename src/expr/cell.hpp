// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::expr {

struct Builtin;
struct Closure;
struct Literal;

/// A JavaScript value during evaluation. Trivially copyable: what it points to belongs to the
/// operands, the program or the evaluation's scratch, all of which outlive it.
struct Cell {
    enum class Kind : std::uint8_t {
        undefined,
        null,
        boolean,
        number,
        bigint,
        string,          ///< WTF-8
        bytes,           ///< a Uint8Array
        array,           ///< of the operands
        object,          ///< of the operands
        literal_array,   ///< made by the expression
        literal_object,  ///< made by the expression
        function,        ///< an arrow function
        builtin,         ///< a function that is there by its name, such as Math.max
        failed,          ///< no value: the evaluator's failure says why
        cut,             ///< no value: `?.` met null or undefined, the rest of the chain is off
    };

    Kind kind = Kind::undefined;
    bool is_shared = false;  ///< of a string: it is the text of `value`, which a result can share
    union {
        bool boolean = false;
        double number;
        std::int64_t integer;
        const char* characters;
        const core::Value* value;
        const Literal* literal;
        const Closure* closure;
        const Builtin* callee;
    };
    union {
        std::size_t size = 0;    ///< of a string
        std::uint64_t identity;  ///< of containers and functions: equal for one and the same
    };

    static Cell of(bool boolean) {
        Cell cell;
        cell.kind = Kind::boolean;
        cell.boolean = boolean;
        return cell;
    }
    static Cell of(double number) {
        Cell cell;
        cell.kind = Kind::number;
        cell.number = number;
        return cell;
    }
    static Cell of(std::string_view text) {
        Cell cell;
        cell.kind = Kind::string;
        cell.characters = text.data();
        cell.size = text.size();
        return cell;
    }
    /// A string of the operands. A long one is passed on as it is, for nothing.
    static Cell of_string(const core::Value& value) {
        constexpr std::size_t long_min = 64;
        if (value.size() < long_min) return of(value.as_string());
        Cell cell;
        cell.kind = Kind::string;
        cell.is_shared = true;
        cell.value = &value;
        cell.size = value.size();
        return cell;
    }
    static Cell of(const char*) = delete;  // it would be a bool
    static Cell big(std::int64_t integer) {
        Cell cell;
        cell.kind = Kind::bigint;
        cell.integer = integer;
        return cell;
    }
    static Cell bare(Kind kind) {
        Cell cell;
        cell.kind = kind;
        return cell;
    }
    static Cell of(const Literal* literal, std::uint64_t identity);
    static Cell of(const Closure* closure, std::uint64_t identity) {
        Cell cell;
        cell.kind = Kind::function;
        cell.closure = closure;
        cell.identity = identity;
        return cell;
    }
    /// `place` is that of its row in the table.
    static Cell of(const Builtin* builtin, std::uint64_t place) {
        Cell cell;
        cell.kind = Kind::builtin;
        cell.callee = builtin;
        cell.identity = place;
        return cell;
    }

    std::string_view text() const {
        return is_shared ? value->as_string() : std::string_view{characters, size};
    }
    bool has_result() const { return kind < Kind::failed; }
    /// Does it mean anything outside of the expression? As in JSON.stringify, what does not is null
    /// in an array, left out of an object, and undefined when it is the whole result.
    bool leaves() const { return kind != Kind::undefined && !is_function(); }
    bool is_nullish() const { return kind == Kind::undefined || kind == Kind::null; }
    bool is_string() const { return kind == Kind::string; }
    bool is_container() const { return kind >= Kind::bytes && kind <= Kind::literal_object; }
    bool is_array() const {
        return kind == Kind::array || kind == Kind::literal_array || kind == Kind::bytes;
    }
    bool is_object() const { return kind == Kind::object || kind == Kind::literal_object; }
    bool is_function() const { return kind == Kind::function || kind == Kind::builtin; }
    /// Compared by identity.
    bool has_identity() const { return kind >= Kind::bytes && kind <= Kind::builtin; }
};

/// An array or object that the expression made. It keeps cells, since a Value has no undefined and
/// no identity. Lives in a Scratch, as all that it points to.
struct Literal {
    std::span<const Cell> cells;
    std::span<const std::string_view> keys;  ///< of an object, one for each cell, in
                                             ///< JavaScript's order
    bool is_object = false;
    const std::uint32_t* index = nullptr;  ///< of a large object: places in it, plus one, by hash
    std::uint32_t index_mask = 0;
    /// Of a constant: made once, then shared by all results.
    const core::Value* value = nullptr;

    const Cell* find(std::string_view key) const;
};

/// An arrow function with what it took along from around it, which can't change anymore.
struct Function;
struct Closure {
    const Function* code = nullptr;
    const Cell* captured = nullptr;
};

inline Cell Cell::of(const Literal* literal, std::uint64_t identity) {
    Cell cell;
    cell.kind = literal->is_object ? Kind::literal_object : Kind::literal_array;
    cell.literal = literal;
    cell.identity = identity;
    return cell;
}

/// For places in `Literal::index`.
std::uint32_t hash_of(std::string_view key);

/// Integers beyond 2^53-1 become BigInts.
Cell to_cell(const core::Value& value, std::uint64_t identity);

/// Identity of what stands at `key` in the container with identity `parent`: the same path from
/// the same root gives the same, whatever memory the two share, so that results do not depend on
/// where an operand came from.
std::uint64_t child_identity(std::uint64_t parent, std::string_view key);
std::uint64_t child_identity(std::uint64_t parent, std::size_t index);

}  // namespace millrace::expr
