// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::ecs {

/// Appends numbers and text to a byte buffer, little endian on every machine. What a component's
/// codec writes with it, ByteReader reads back.
class ByteWriter {
public:
    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
    void f32(float value) { u32(std::bit_cast<std::uint32_t>(value)); }
    void f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }
    void boolean(bool value) { u8(value ? 1 : 0); }
    /// Unsigned LEB128: one byte below 128.
    void varint(std::uint64_t value);
    /// Length and bytes.
    void text(std::string_view value);
    /// The bytes alone.
    void bytes(std::span<const std::byte> value);

    [[nodiscard]] std::span<const std::byte> view() const noexcept { return buffer_; }
    [[nodiscard]] std::vector<std::byte> take() noexcept { return std::move(buffer_); }
    void clear() noexcept { buffer_.clear(); }

private:
    void little_endian(std::uint64_t value, unsigned count);

    std::vector<std::byte> buffer_;
};

/// Reads what ByteWriter wrote, from bytes that may be damaged. A read past the end or of an
/// impossible value gives zero or empty and makes the reader *failed* for good, so a decoder reads
/// everything and asks once.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] std::uint8_t u8();
    [[nodiscard]] std::uint16_t u16();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    [[nodiscard]] std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    [[nodiscard]] float f32() { return std::bit_cast<float>(u32()); }
    [[nodiscard]] double f64() { return std::bit_cast<double>(u64()); }
    [[nodiscard]] bool boolean();
    [[nodiscard]] std::uint64_t varint();
    /// A varint that counts things of at least `bytes_each` bytes that still follow: a count the
    /// rest cannot hold fails, so damaged bytes never make a reader allocate without bound.
    [[nodiscard]] std::size_t count(std::size_t bytes_each = 1);
    [[nodiscard]] std::string text();
    [[nodiscard]] std::span<const std::byte> bytes(std::size_t length);

    void fail() noexcept { failed_ = true; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
    /// Not failed and nothing left.
    [[nodiscard]] bool finished() const noexcept { return !failed_ && rest_.empty(); }

private:
    [[nodiscard]] std::uint64_t little_endian(unsigned count);

    std::span<const std::byte> rest_;
    bool failed_ = false;
};

}  // namespace millrace::ecs
