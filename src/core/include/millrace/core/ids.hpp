// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::core {

/// 128-bit identifier, RFC 9562. Ordered by its bytes, so version 7 ids sort by creation time.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Uuid&) const = default;
    bool is_nil() const { return *this == Uuid{}; }

    /// Version 7: 48 bit of milliseconds and 74 of the 128 given random bits.
    static Uuid v7(Time at, std::uint64_t random_high, std::uint64_t random_low);
    /// Accepts the 36-character form in either case and nothing else.
    static std::optional<Uuid> parse(std::string_view text);
    /// The 36-character form in lower case.
    std::string text() const;
};

/// A Uuid that does not convert to the ids of other things.
template <class Tag>
struct StrongId {
    Uuid uuid;

    auto operator<=>(const StrongId&) const = default;
    bool is_nil() const { return uuid.is_nil(); }
    std::string text() const { return uuid.text(); }
    static std::optional<StrongId> parse(std::string_view text) {
        const std::optional<Uuid> uuid = Uuid::parse(text);
        return uuid ? std::optional<StrongId>{StrongId{*uuid}} : std::nullopt;
    }
};

using ExecutionId = StrongId<struct ExecutionTag>;

/// One of the 256 fixed parts of all executions: the last byte of the root execution's id.
using PartitionId = std::uint8_t;
inline PartitionId partition_of(ExecutionId root) {
    return root.uuid.bytes[15];
}

/// A dense index that does not convert to the indices of other things.
template <class Tag>
struct StrongIndex {
    std::uint32_t value = 0;

    auto operator<=>(const StrongIndex&) const = default;
};

using NodeIndex = StrongIndex<struct NodeIndexTag>;
using ConnectionIndex = StrongIndex<struct ConnectionIndexTag>;
using PortIndex = StrongIndex<struct PortIndexTag>;

}  // namespace millrace::core

template <>
struct std::hash<millrace::core::Uuid> {
    std::size_t operator()(const millrace::core::Uuid& id) const noexcept {
        // The last eight bytes are the random ones, already well mixed.
        std::size_t mixed = 0;
        for (std::size_t i = 8; i < 16; ++i)
            mixed = (mixed << 8) | id.bytes[i];
        return mixed;
    }
};

template <class Tag>
struct std::hash<millrace::core::StrongId<Tag>> {
    std::size_t operator()(const millrace::core::StrongId<Tag>& id) const noexcept {
        return std::hash<millrace::core::Uuid>{}(id.uuid);
    }
};
