// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/core/binary.hpp"
#include "millrace/ecs/signature.hpp"

namespace millrace::ecs {

/// Start of a column and of a chunk; no component may ask for more.
inline constexpr std::size_t component_alignment_max = 64;

/// What can be a component: any object type whose move cannot throw, so that a row is moved wholly
/// or not at all.
template <class T>
concept Component =
    std::is_object_v<T> && !std::is_array_v<T> && std::is_same_v<T, std::remove_cv_t<T>> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T> &&
    alignof(T) <= component_alignment_max;

/// An empty component: it marks an entity and has no data. Queries name it in With or Without.
template <class T>
concept Tag = Component<T> && std::is_empty_v<T> && std::is_trivially_copyable_v<T>;

template <class T>
concept DataComponent = Component<T> && !Tag<T>;

/// Whether moving a C and ending its source is the same as copying its bytes. Rows of such
/// components are moved by memcpy, whole columns at a time. True for what is trivially copyable;
/// say so of your own type, a handle that owns memory for instance, when nothing points into it:
/// `template <> inline constexpr bool millrace::ecs::trivially_relocatable<Texture> = true;`
template <Component C>
inline constexpr bool trivially_relocatable = std::is_trivially_copyable_v<C>;

/// How a component goes into a snapshot and comes back. `decode` gets the version that `encode`
/// had when the snapshot was written and answers nothing when the bytes make no sense.
template <class C>
struct Codec {
    std::uint32_t version = 1;
    std::function<void(const C&, core::BinaryWriter&)> encode;
    std::function<std::optional<C>(core::BinaryReader&, std::uint32_t version)> decode;
};

/// What a snapshot does with a component.
enum class Persistence : std::uint8_t {
    undeclared,  ///< in use without a name or codec: World::snapshot() fails and names it
    stored,      ///< by name, with its codec (a tag needs none)
    transient,   ///< left out: it is rebuilt after a restore
};

namespace detail {

/// A component type without its C++ type: what moving a row and writing a snapshot need.
struct ComponentType {
    using Relocate = void (*)(std::byte* to, std::byte* from, std::size_t count) noexcept;
    using End = void (*)(std::byte* first, std::size_t count) noexcept;

    ComponentId id{};
    std::uint32_t size = 0;  ///< 0 for a tag
    std::uint32_t alignment = 1;
    Relocate relocate = nullptr;  ///< null: copied as bytes
    End end = nullptr;            ///< null: nothing to do when a value ends

    std::string name;
    Persistence persistence = Persistence::undeclared;
    std::uint32_t codec_version = 1;
    std::function<void(const void*, core::BinaryWriter&)> encode;
    /// Constructs into raw memory; false (and nothing constructed) when the bytes make no sense.
    std::function<bool(void*, core::BinaryReader&, std::uint32_t)> decode;

    /// Moves values into raw memory that does not overlap, and ends the sources.
    void move_values(std::byte* to, std::byte* from, std::size_t count) const noexcept {
        if (relocate != nullptr)
            relocate(to, from, count);
        else
            std::memcpy(to, from, count * size);
    }
    void end_values(std::byte* first, std::size_t count) const noexcept {
        if (end != nullptr) end(first, count);
    }
};

template <Component C>
void relocate_some(std::byte* to, std::byte* from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        C* const source = std::launder(reinterpret_cast<C*>(from + i * sizeof(C)));
        ::new (static_cast<void*>(to + i * sizeof(C))) C(std::move(*source));
        std::destroy_at(source);
    }
}

template <Component C>
void end_some(std::byte* first, std::size_t count) noexcept {
    std::destroy_n(std::launder(reinterpret_cast<C*>(first)), count);
}

template <Component C>
[[nodiscard]] ComponentType make_component_type(ComponentId id) {
    ComponentType type;
    type.id = id;
    type.size = Tag<C> ? 0 : static_cast<std::uint32_t>(sizeof(C));
    type.alignment = static_cast<std::uint32_t>(alignof(C));
    if constexpr (!trivially_relocatable<C>) type.relocate = &relocate_some<C>;
    if constexpr (!std::is_trivially_destructible_v<C>) type.end = &end_some<C>;
    return type;
}

template <DataComponent C>
void set_codec(ComponentType& type, Codec<C> codec) {
    type.codec_version = codec.version;
    type.encode = [encode = std::move(codec.encode)](const void* from, core::BinaryWriter& out) {
        encode(*static_cast<const C*>(from), out);
    };
    type.decode = [decode = std::move(codec.decode)](void* to, core::BinaryReader& in,
                                                     std::uint32_t version) {
        std::optional<C> value = decode(in, version);
        if (!value || !in.ok()) return false;
        ::new (to) C(std::move(*value));
        return true;
    };
}

}  // namespace detail
}  // namespace millrace::ecs
