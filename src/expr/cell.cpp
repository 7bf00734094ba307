// SPDX-License-Identifier: Apache-2.0
#include "cell.hpp"

namespace millrace::expr {

namespace {

constexpr std::int64_t safe_integer_max = (std::int64_t{1} << 53) - 1;

// Literals' identities have the top bit set.
constexpr std::uint64_t path_mask = ~(std::uint64_t{1} << 63);

// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return (x ^ (x >> 31)) & path_mask;
}

std::uint64_t fnv1a(std::string_view key) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : key) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    }
    return hash;
}

}  // namespace

std::uint32_t hash_of(std::string_view key) {
    return static_cast<std::uint32_t>(mix(fnv1a(key)) >> 20);
}

const Cell* Literal::find(std::string_view key) const {
    if (index == nullptr) {
        for (std::size_t i = keys.size(); i-- > 0;) {
            if (keys[i] == key) return &cells[i];
        }
        return nullptr;
    }
    for (std::uint32_t slot = hash_of(key) & index_mask;; slot = (slot + 1) & index_mask) {
        if (index[slot] == 0) return nullptr;
        if (keys[index[slot] - 1] == key) return &cells[index[slot] - 1];
    }
}

std::uint64_t child_identity(std::uint64_t parent, std::string_view key) {
    return mix(parent + 0x9e3779b97f4a7c15 * fnv1a(key));
}

std::uint64_t child_identity(std::uint64_t parent, std::size_t index) {
    return mix(parent ^ (index + 1) * 0x9e3779b97f4a7c15);
}

Cell to_cell(const core::Value& value, std::uint64_t identity) {
    using ValueKind = core::Value::Kind;
    const auto shared = [&](Cell::Kind kind) {
        Cell cell = Cell::bare(kind);
        cell.value = &value;
        cell.identity = identity;
        return cell;
    };
    switch (value.kind()) {
        case ValueKind::null: return Cell::bare(Cell::Kind::null);
        case ValueKind::boolean: return Cell::of(value.as_bool());
        case ValueKind::integer: {
            const std::int64_t integer = value.as_integer();
            if (integer >= -safe_integer_max && integer <= safe_integer_max) {
                return Cell::of(static_cast<double>(integer));
            }
            return Cell::big(integer);
        }
        case ValueKind::number: return Cell::of(value.as_double());
        case ValueKind::string: return Cell::of_string(value);
        case ValueKind::bytes: return shared(Cell::Kind::bytes);
        case ValueKind::array: return shared(Cell::Kind::array);
        case ValueKind::object: return shared(Cell::Kind::object);
    }
    return Cell{};
}

}  // namespace millrace::expr
