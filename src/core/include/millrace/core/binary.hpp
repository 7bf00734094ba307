// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

/// Appends the compact binary form that journals and snapshots store. Every write has exactly one
/// matching read in BinaryReader; the bytes are the same on all machines. Stored for ever: what a
/// function writes may not change, new forms get new functions or tags.
class BinaryWriter {
public:
    /// `out` outlives the writer, which only appends.
    explicit BinaryWriter(std::string& out) : out_{out} {}

    void u8(std::uint8_t value);
    void boolean(bool value);
    /// LEB128: seven bits a byte, low bits first; at most ten bytes.
    void varint(std::uint64_t value);
    /// A varint that is also short for small negative numbers.
    void zigzag(std::int64_t value);
    /// Eight bytes, little endian.
    void fixed64(std::uint64_t value);
    /// IEEE 754 bits, little endian; keeps -0 and NaN.
    void real(double value);
    /// Length and bytes; the bytes need not be text.
    void text(std::string_view value);
    void uuid(const Uuid& value);
    /// Of any depth. A subtree that is shared is written once for each place it stands at, so
    /// check `weight()` first when the value comes from users.
    void value(const Value& value);
    /// With its causes, of which at most `failure_causes_max` are kept.
    void failure(const Failure& value);

private:
    void value_head(const Value& value);

    std::string& out_;
};

/// Reads what BinaryWriter wrote, from bytes that may be cut off or corrupt: it never throws, never
/// reads outside them, and allocates no more than a small multiple of their number. After the
/// first wrong byte `ok()` is false for good and every read gives an empty value, so callers check
/// once, at the end.
class BinaryReader {
public:
    /// `bytes` outlives the reader and the views that `text()` gives.
    explicit BinaryReader(std::string_view bytes) : rest_{bytes} {}

    std::uint8_t u8();
    bool boolean();
    std::uint64_t varint();
    std::int64_t zigzag();
    std::uint64_t fixed64();
    double real();
    /// A view into the bytes given to the constructor.
    std::string_view text();
    Uuid uuid();
    Value value();
    /// Reads a value without building it: fails exactly where `value` would.
    void skip_value();
    Failure failure();
    /// A varint that announces how many things follow, each of at least `bytes_each` bytes (at
    /// least 1); fails when fewer bytes are left, so the result is safe to reserve.
    std::size_t count(std::size_t bytes_each = 1);
    /// A u8 that must be at most `last`, as an enumerator.
    template <class Enum>
    Enum enumerator(Enum last) {
        const std::uint8_t read = u8();
        if (read > static_cast<std::uint8_t>(last)) fail();
        return ok_ ? static_cast<Enum>(read) : Enum{};
    }

    bool ok() const { return ok_; }
    /// Everything was read and nothing was wrong.
    bool at_end() const { return ok_ && rest_.empty(); }
    std::size_t remaining() const { return rest_.size(); }
    /// For callers that find a read value impossible.
    void fail() {
        ok_ = false;
        rest_ = {};
    }

private:
    std::string_view take(std::size_t size);

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace millrace::core
