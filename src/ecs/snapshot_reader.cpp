// SPDX-License-Identifier: Apache-2.0
#include "snapshot_reader.hpp"

#include <array>

#include "millrace/core/hash.hpp"
#include "millrace/ecs/errc.hpp"
#include "snapshot_format.hpp"

namespace millrace::ecs {
namespace {

std::unexpected<core::Error> corrupt(std::string_view what) {
    return core::fail(Errc::snapshot_corrupt,
                      "the snapshot is damaged (" + std::string{what} + "): use an older one");
}

}  // namespace

/// Values of one row that are decoded and not yet in an archetype.
class SnapshotReader::PendingRow {
public:
    ~PendingRow() {
        for (const Piece& piece : pieces_)
            piece.type->end_values(piece.value, 1);
    }
    [[nodiscard]] bool decode(const detail::ComponentType& type, std::string_view encoded,
                              std::uint32_t version) {
        std::byte* const value = arena_.allocate(type.size);
        core::BinaryReader in{encoded};
        pieces_.reserve(pieces_.size() + 1);
        if (!type.decode(value, in, version)) return false;
        pieces_.push_back({&type, value});
        return in.at_end();
    }
    void move_to(detail::Archetype& target, detail::RowPlace row) noexcept {
        for (const Piece& piece : pieces_) {
            const int column = target.column_of(piece.type->id);
            piece.type->move_values(
                target.value(row, target.columns()[static_cast<std::size_t>(column)]), piece.value,
                1);
        }
        pieces_.clear();
        arena_.reset();
    }

private:
    struct Piece {
        const detail::ComponentType* type;
        std::byte* value;
    };
    std::vector<Piece> pieces_;
    detail::Arena arena_;
};

core::Result<> SnapshotReader::check_frame(std::string_view bytes) {
    if (bytes.size() < snapshot::magic.size() + snapshot::checksum_bytes ||
        !bytes.starts_with(snapshot::magic))
        return corrupt("no snapshot header");
    const std::string_view content = bytes.substr(0, bytes.size() - snapshot::checksum_bytes);
    core::BinaryReader checksum{bytes.substr(content.size())};
    if (checksum.fixed64() != core::fnv1a64(content)) return corrupt("wrong checksum");
    in_ = core::BinaryReader{content.substr(snapshot::magic.size())};
    const std::uint64_t version = in_.varint();
    if (in_.ok() && version > snapshot::format_version)
        return core::fail(Errc::snapshot_version,
                          "the snapshot has format " + std::to_string(version) +
                              ", this program reads up to " +
                              std::to_string(snapshot::format_version) + ": use a newer program");
    return {};
}

core::Result<> SnapshotReader::read_component() {
    const std::string name{in_.text()};
    const std::uint64_t version = in_.varint();
    const bool has_data = in_.boolean();
    if (!in_.ok()) return corrupt("component list");
    if (name.empty()) {
        known_.push_back({});
        return {};
    }
    const detail::ComponentType* const type = registry_.find_named(name);
    if (type == nullptr || type->persistence != Persistence::stored ||
        (type->size != 0) != has_data)
        return core::fail(Errc::component_unknown,
                          "the snapshot holds component \"" + name +
                              "\": register it under this name with a codec before the restore");
    if (version > type->codec_version)
        return core::fail(Errc::snapshot_version,
                          "component \"" + name + "\" was written in version " +
                              std::to_string(version) + ", this program reads up to " +
                              std::to_string(type->codec_version) + ": use a newer program");
    known_.push_back({type, static_cast<std::uint32_t>(version)});
    return {};
}

core::Result<> SnapshotReader::read_components() {
    const std::size_t count = in_.count(3);
    for (std::size_t i = 0; i < count; ++i)
        if (auto read = read_component(); !read) return read;
    return {};
}

core::Result<> SnapshotReader::read_slots() {
    slots.resize(in_.count());
    uses_.assign(slots.size(), Use::unused);
    for (detail::Slot& slot : slots) {
        const std::uint64_t generation = in_.varint();
        if (generation == 0 || generation > detail::EntityTable::generation_max)
            return corrupt("generation of an entity");
        slot.generation = static_cast<std::uint32_t>(generation);
    }
    const std::size_t free = in_.count();
    std::uint32_t* next = &first_free;
    for (std::size_t i = 0; i < free; ++i) {
        const std::uint64_t index = in_.varint();
        if (index >= slots.size() || uses_[index] != Use::unused) return corrupt("free list");
        uses_[index] = Use::free;
        *next = static_cast<std::uint32_t>(index);
        next = &slots[index].row;
        *next = detail::EntityTable::none;
    }
    return {};
}

detail::Archetype& SnapshotReader::staged(const Signature& signature) {
    // Two archetypes that differ only in transient components come back as one.
    for (const auto& each : archetypes)
        if (each->signature() == signature) return *each;
    std::vector<const detail::ComponentType*> types;
    signature.for_each([&](ComponentId id) { types.push_back(&registry_.type(id)); });
    archetypes.push_back(std::make_unique<detail::Archetype>(
        static_cast<std::uint32_t>(archetypes.size()), signature, types, chunks_));
    return *archetypes.back();
}

core::Result<> SnapshotReader::read_row(detail::Archetype& target,
                                        const std::vector<Known>& columns, PendingRow& pending) {
    const std::uint64_t index = in_.varint();
    if (!in_.ok() || index >= slots.size() || uses_[index] != Use::unused)
        return corrupt("entity of a row");
    const Entity entity{static_cast<std::uint32_t>(index), slots[index].generation};
    for (const Known& column : columns) {
        if (column.type->size == 0) continue;
        const std::string_view encoded = in_.text();
        if (!in_.ok() || !pending.decode(*column.type, encoded, column.version))
            return corrupt("component \"" + column.type->name + "\" of entity " +
                           std::to_string(index));
    }
    uses_[index] = Use::placed;
    pending.move_to(target, target.append(entity, 0));
    return {};
}

core::Result<> SnapshotReader::read_switched_off(detail::Archetype& target, const Known& column,
                                                 std::uint32_t first_row, std::size_t rows) {
    const auto at = static_cast<std::size_t>(target.column_of(column.type->id));
    const std::size_t count = in_.count();
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t row = in_.varint();
        if (row >= rows) return corrupt("switch bits of \"" + column.type->name + "\"");
        target.set_switched_off(first_row + static_cast<std::uint32_t>(row), at, true, 0);
    }
    return {};
}

core::Result<> SnapshotReader::read_archetype() {
    Signature signature;
    std::vector<Known> columns(in_.count());
    for (Known& column : columns) {
        const std::uint64_t id = in_.varint();
        if (id >= known_.size() || known_[id].type == nullptr ||
            signature.test(known_[id].type->id))
            return corrupt("components of an archetype");
        column = known_[id];
        signature.set(column.type->id);
    }
    detail::Archetype& target = staged(signature);
    const std::uint32_t first_row = target.size();
    const std::size_t rows = in_.count();
    PendingRow pending;
    for (std::size_t row = 0; row < rows; ++row)
        if (auto read = read_row(target, columns, pending); !read) return read;
    for (const Known& column : columns)
        if (auto read = read_switched_off(target, column, first_row, rows); !read) return read;
    return {};
}

core::Result<> SnapshotReader::check_slots() const {
    // What is neither free nor placed must be a slot whose generations are used up.
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (uses_[i] == Use::unused && slots[i].generation != detail::EntityTable::generation_max)
            return corrupt("a lost entity");
    return {};
}

core::Result<> SnapshotReader::read(std::string_view bytes) {
    if (auto checked = check_frame(bytes); !checked) return checked;
    if (auto components = read_components(); !components) return components;
    if (auto entities = read_slots(); !entities) return entities;
    const std::size_t count = in_.count();
    for (std::size_t i = 0; i < count; ++i)
        if (auto one = read_archetype(); !one) return one;
    if (!in_.at_end()) return corrupt("its end");
    return check_slots();
}

}  // namespace millrace::ecs
