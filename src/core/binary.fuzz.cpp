// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader never leaves them, and what it reads survives writing.
#include <cstddef>
#include <cstdint>
#include <string>

#include "millrace/core/binary.hpp"
#include "millrace/core/check.hpp"

using namespace millrace::core;

namespace {

void check_values(std::string_view bytes) {
    BinaryReader reader{bytes};
    const Value value = reader.value();
    BinaryReader skipping{bytes};
    skipping.skip_value();
    MR_CHECK(skipping.ok() == reader.ok() && skipping.remaining() == reader.remaining());
    if (!reader.ok()) return;
    std::string written;
    BinaryWriter{written}.value(value);
    BinaryReader second{written};
    MR_CHECK(second.value() == value);
    MR_CHECK(second.at_end());
}

void check_failures(std::string_view bytes) {
    BinaryReader reader{bytes};
    const Failure failure = reader.failure();
    if (!reader.ok()) return;
    std::string written;
    BinaryWriter{written}.failure(failure);
    BinaryReader second{written};
    MR_CHECK(second.failure() == failure);
    MR_CHECK(second.at_end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_values(bytes);
    check_failures(bytes);
    return 0;
}
