// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/binary.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace millrace::core {
namespace {

// Stored; never renumber.
enum class ValueTag : std::uint8_t {
    null = 0,
    no = 1,
    yes = 2,
    integer = 3,
    number = 4,
    string = 5,
    bytes = 6,
    array = 7,
    object = 8,
};

std::string_view as_text(std::span<const std::uint8_t> data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// Rebuilds a tree from its parts in writing order, without recursion.
class ValueAssembler {
public:
    /// Puts a finished value into the innermost open container, and closes every container that
    /// this completes. Gives the root once it is finished.
    std::optional<Value> add(Value value) {
        while (!open_.empty()) {
            values_.push_back(std::move(value));
            if (--open_.back().missing > 0) return std::nullopt;
            value = close();
        }
        return value;
    }
    void begin_array(std::size_t size) { open_.push_back({size, values_.size(), false}); }
    void begin_object(std::size_t size) { open_.push_back({size, values_.size(), true}); }
    bool wants_key() const { return !open_.empty() && open_.back().is_object; }
    void add_key(std::string_view key) { keys_.emplace_back(key); }

private:
    struct Container {
        std::size_t missing;
        std::size_t first;  // of its elements in values_
        bool is_object;
    };

    Value close() {
        const Container done = open_.back();
        open_.pop_back();
        const auto first = values_.begin() + static_cast<std::ptrdiff_t>(done.first);
        Value closed;
        if (done.is_object) {
            const std::size_t size = values_.size() - done.first;
            auto key = keys_.end() - static_cast<std::ptrdiff_t>(size);
            std::vector<Member> members;
            members.reserve(size);
            for (auto value = first; value != values_.end(); ++value) {
                members.push_back({std::move(*key++), std::move(*value)});
            }
            keys_.resize(keys_.size() - size);
            closed = Value::object(std::move(members));
        } else {
            closed = Value::array({std::move_iterator{first}, std::move_iterator{values_.end()}});
        }
        values_.resize(done.first);
        return closed;
    }

    std::vector<Container> open_;
    std::vector<Value> values_;
    std::vector<std::string> keys_;
};

}  // namespace

void BinaryWriter::u8(std::uint8_t value) {
    out_.push_back(static_cast<char>(value));
}

void BinaryWriter::boolean(bool value) {
    u8(value ? 1 : 0);
}

void BinaryWriter::varint(std::uint64_t value) {
    while (value >= 0x80) {
        u8(static_cast<std::uint8_t>(value | 0x80));
        value >>= 7;
    }
    u8(static_cast<std::uint8_t>(value));
}

void BinaryWriter::zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void BinaryWriter::fixed64(std::uint64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i)
        bytes[i] = static_cast<char>(value >> (8 * i));
    out_.append(bytes, sizeof(bytes));
}

void BinaryWriter::real(double value) {
    fixed64(std::bit_cast<std::uint64_t>(value));
}

void BinaryWriter::text(std::string_view value) {
    varint(value.size());
    out_.append(value);
}

void BinaryWriter::uuid(const Uuid& value) {
    out_.append(as_text(value.bytes));
}

/// The tag with a leaf's content or a container's size.
void BinaryWriter::value_head(const Value& value) {
    const auto tag = [this](ValueTag kind) { u8(static_cast<std::uint8_t>(kind)); };
    switch (value.kind()) {
        case Value::Kind::null: return tag(ValueTag::null);
        case Value::Kind::boolean: return tag(value.as_bool() ? ValueTag::yes : ValueTag::no);
        case Value::Kind::integer: tag(ValueTag::integer); return zigzag(value.as_integer());
        case Value::Kind::number: tag(ValueTag::number); return real(value.as_double());
        case Value::Kind::string: tag(ValueTag::string); return text(value.as_string());
        case Value::Kind::bytes: tag(ValueTag::bytes); return text(as_text(value.as_bytes()));
        case Value::Kind::array: tag(ValueTag::array); return varint(value.size());
        case Value::Kind::object: tag(ValueTag::object); return varint(value.size());
    }
}

void BinaryWriter::value(const Value& value) {
    value_head(value);
    if (value.size() == 0 || !(value.is_array() || value.is_object())) return;
    struct Place {
        const Value* container;
        std::size_t next;
    };
    std::vector<Place> open{{&value, 0}};
    while (!open.empty()) {
        Place& place = open.back();
        if (place.next == place.container->size()) {
            open.pop_back();
            continue;
        }
        const Value* child = nullptr;
        if (place.container->is_object()) {
            const Member& member = place.container->as_object()[place.next++];
            text(member.key);
            child = &member.value;
        } else {
            child = &place.container->as_array()[place.next++];
        }
        value_head(*child);
        if (child->is_array() || child->is_object()) open.push_back({child, 0});
    }
}

void BinaryWriter::failure(const Failure& value) {
    std::vector<const Failure*> chain;
    for (const Failure* at = &value; at != nullptr && chain.size() <= failure_causes_max;
         at = at->cause.get()) {
        chain.push_back(at);
    }
    varint(chain.size() - 1);
    for (const Failure* failure : chain) {
        text(failure->code);
        u8(static_cast<std::uint8_t>(failure->error_class));
        text(failure->message);
        text(failure->node_id);
        varint(failure->attempt);
        boolean(failure->recoverable);
        this->value(failure->details);
        boolean(failure->retry_after_ms.has_value());
        if (failure->retry_after_ms) zigzag(*failure->retry_after_ms);
    }
}

std::string_view BinaryReader::take(std::size_t size) {
    if (size > rest_.size()) fail();
    const std::string_view taken = ok_ ? rest_.substr(0, size) : std::string_view{};
    rest_.remove_prefix(taken.size());
    return taken;
}

std::uint8_t BinaryReader::u8() {
    const std::string_view byte = take(1);
    return ok_ ? static_cast<std::uint8_t>(byte[0]) : std::uint8_t{0};
}

bool BinaryReader::boolean() {
    const std::uint8_t byte = u8();
    if (byte > 1) fail();
    return ok_ && byte == 1;
}

std::uint64_t BinaryReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && ok_; shift += 7) {
        const std::uint64_t byte = u8();
        // The tenth byte holds the last bit; zero as a last byte would be a longer form than
        // needed.
        if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) fail();
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) break;
    }
    return ok_ ? value : 0;
}

std::int64_t BinaryReader::zigzag() {
    const std::uint64_t coded = varint();
    return static_cast<std::int64_t>((coded >> 1) ^ (0 - (coded & 1)));
}

std::uint64_t BinaryReader::fixed64() {
    const std::string_view bytes = take(8);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return value;
}

double BinaryReader::real() {
    return std::bit_cast<double>(fixed64());
}

std::string_view BinaryReader::text() {
    return take(count());
}

Uuid BinaryReader::uuid() {
    Uuid id;
    std::ranges::transform(take(id.bytes.size()), id.bytes.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
    return id;
}

std::size_t BinaryReader::count(std::size_t bytes_each) {
    const std::uint64_t announced = varint();
    if (announced > rest_.size() / bytes_each) fail();
    return ok_ ? announced : 0;
}

Value BinaryReader::value() {
    ValueAssembler tree;
    while (ok_) {
        if (tree.wants_key()) tree.add_key(text());
        Value leaf;
        const auto tag = enumerator(ValueTag::object);
        switch (tag) {
            case ValueTag::null: break;
            case ValueTag::no: leaf = false; break;
            case ValueTag::yes: leaf = true; break;
            case ValueTag::integer: leaf = zigzag(); break;
            case ValueTag::number: leaf = real(); break;
            case ValueTag::string: leaf = text(); break;
            case ValueTag::bytes: {
                const std::string_view bytes = text();
                leaf = Value::bytes(
                    {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
                break;
            }
            case ValueTag::array:
                if (const std::size_t size = count(); size > 0) {
                    tree.begin_array(size);
                    continue;
                }
                leaf = Value::array({});
                break;
            case ValueTag::object:
                if (const std::size_t size = count(2); size > 0) {
                    tree.begin_object(size);
                    continue;
                }
                leaf = Value::object(std::vector<Member>{});
                break;
        }
        if (!ok_) break;
        if (std::optional<Value> root = tree.add(std::move(leaf))) return *std::move(root);
    }
    return {};
}

void BinaryReader::skip_value() {
    struct Container {
        std::size_t missing;
        bool is_object;
    };
    std::vector<Container> open;
    while (ok_) {
        if (!open.empty() && open.back().is_object) text();
        switch (const auto tag = enumerator(ValueTag::object)) {
            case ValueTag::null:
            case ValueTag::no:
            case ValueTag::yes: break;
            case ValueTag::integer: zigzag(); break;
            case ValueTag::number: real(); break;
            case ValueTag::string:
            case ValueTag::bytes: text(); break;
            case ValueTag::array:
            case ValueTag::object: {
                const bool is_object = tag == ValueTag::object;
                const std::size_t size = count(is_object ? 2 : 1);
                if (size == 0) break;
                open.push_back({size, is_object});
                continue;
            }
        }
        while (!open.empty() && --open.back().missing == 0)
            open.pop_back();
        if (open.empty()) return;
    }
}

Failure BinaryReader::failure() {
    const std::uint64_t causes = varint();
    if (causes > failure_causes_max) fail();
    std::vector<Failure> chain;
    while (ok_ && chain.size() <= causes) {
        Failure read;
        read.code = text();
        read.error_class = enumerator(ErrorClass::canceled);
        read.message = text();
        read.node_id = text();
        const std::uint64_t attempt = varint();
        if (attempt > std::uint32_t{0xFFFFFFFF}) fail();
        read.attempt = static_cast<std::uint32_t>(attempt);
        read.recoverable = boolean();
        read.details = value();
        if (boolean()) read.retry_after_ms = zigzag();
        chain.push_back(std::move(read));
    }
    if (!ok_) return {};
    Failure failure = std::move(chain.back());
    for (chain.pop_back(); !chain.empty(); chain.pop_back()) {
        chain.back().cause = std::make_shared<const Failure>(std::move(failure));
        failure = std::move(chain.back());
    }
    return failure;
}

}  // namespace millrace::core
