// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/bytes.hpp"

#include <algorithm>

namespace millrace::ecs {

void ByteWriter::little_endian(std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
        buffer_.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xFFU));
}

void ByteWriter::u8(std::uint8_t value) {
    little_endian(value, 1);
}
void ByteWriter::u16(std::uint16_t value) {
    little_endian(value, 2);
}
void ByteWriter::u32(std::uint32_t value) {
    little_endian(value, 4);
}
void ByteWriter::u64(std::uint64_t value) {
    little_endian(value, 8);
}

void ByteWriter::varint(std::uint64_t value) {
    while (value >= 0x80) {
        u8(static_cast<std::uint8_t>(value | 0x80U));
        value >>= 7U;
    }
    u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::text(std::string_view value) {
    varint(value.size());
    bytes(std::as_bytes(std::span{value}));
}

void ByteWriter::bytes(std::span<const std::byte> value) {
    buffer_.insert(buffer_.end(), value.begin(), value.end());
}

std::uint64_t ByteReader::little_endian(unsigned count) {
    std::uint64_t value = 0;
    const std::span<const std::byte> from = bytes(count);
    for (std::size_t i = 0; i < from.size(); ++i)
        value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
    return value;
}

std::uint8_t ByteReader::u8() {
    return static_cast<std::uint8_t>(little_endian(1));
}
std::uint16_t ByteReader::u16() {
    return static_cast<std::uint16_t>(little_endian(2));
}
std::uint32_t ByteReader::u32() {
    return static_cast<std::uint32_t>(little_endian(4));
}
std::uint64_t ByteReader::u64() {
    return little_endian(8);
}

bool ByteReader::boolean() {
    const std::uint8_t value = u8();
    if (value > 1) fail();
    return value == 1 && !failed_;
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint64_t next = u8();
        // The tenth byte has room for the highest bit only.
        if (failed_ || (shift == 63 && next > 1)) break;
        value |= (next & 0x7FU) << shift;
        if (next < 0x80) return value;
    }
    fail();
    return 0;
}

std::size_t ByteReader::count(std::size_t bytes_each) {
    const std::uint64_t value = varint();
    if (value > remaining() / std::max<std::size_t>(bytes_each, 1)) {
        fail();
        return 0;
    }
    return static_cast<std::size_t>(value);
}

std::string ByteReader::text() {
    const std::span<const std::byte> from = bytes(count());
    return {reinterpret_cast<const char*>(from.data()), from.size()};
}

std::span<const std::byte> ByteReader::bytes(std::size_t length) {
    if (failed_ || length > rest_.size()) {
        fail();
        return {};
    }
    const std::span<const std::byte> result = rest_.first(length);
    rest_ = rest_.subspan(length);
    return result;
}

}  // namespace millrace::ecs
