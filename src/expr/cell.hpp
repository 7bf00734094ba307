// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::expr {

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
        literal_array,   ///< written in the expression
        literal_object,  ///< written in the expression
        failed,          ///< no value: the evaluator's failure says why
        cut,             ///< no value: `?.` met null or undefined, the rest of the chain is off
    };

    Kind kind = Kind::undefined;
    union {
        bool boolean = false;
        double number;
        std::int64_t integer;
        const char* characters;
        const core::Value* value;
        const Literal* literal;
    };
    union {
        std::size_t size = 0;    ///< of a string
        std::uint64_t identity;  ///< of bytes, arrays and objects: equal for one and the same
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
    static Cell of(const Literal* literal);

    std::string_view text() const { return {characters, size}; }
    bool has_result() const { return kind < Kind::failed; }
    bool is_nullish() const { return kind == Kind::undefined || kind == Kind::null; }
    bool is_string() const { return kind == Kind::string; }
    bool is_container() const { return kind >= Kind::bytes && kind <= Kind::literal_object; }
};

/// An array or object written in the expression. It keeps cells, since a Value has no undefined
/// and no identity.
struct Literal {
    std::vector<Cell> cells;
    std::vector<std::string_view> keys;  ///< of an object, one for each cell; the last of equals
                                         ///< counts
    bool is_object = false;
    std::uint64_t identity = 0;
    /// Of a constant: made once, then shared by all results.
    bool has_value = false;
    core::Value value;

    const Cell* find(std::string_view key) const {
        for (std::size_t i = keys.size(); i-- > 0;) {
            if (keys[i] == key) return &cells[i];
        }
        return nullptr;
    }
};

inline Cell Cell::of(const Literal* literal) {
    Cell cell;
    cell.kind = literal->is_object ? Kind::literal_object : Kind::literal_array;
    cell.literal = literal;
    cell.identity = literal->identity;
    return cell;
}

/// Integers beyond 2^53-1 become BigInts.
Cell to_cell(const core::Value& value, std::uint64_t identity);

/// Identity of what stands at `key` in the container with identity `parent`: the same path from
/// the same root gives the same, whatever memory the two share, so that results do not depend on
/// where an operand came from.
std::uint64_t child_identity(std::uint64_t parent, std::string_view key);
std::uint64_t child_identity(std::uint64_t parent, std::size_t index);

}  // namespace millrace::expr
