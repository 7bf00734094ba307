// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/size.hpp"

#include <array>
#include <limits>

#include "quantity.hpp"

namespace millrace::core {
namespace {

constexpr std::array<QuantityUnit, 5> size_units{{{"B", 1},
                                                  {"KiB", std::int64_t{1} << 10},
                                                  {"MiB", std::int64_t{1} << 20},
                                                  {"GiB", std::int64_t{1} << 30},
                                                  {"TiB", std::int64_t{1} << 40}}};

constexpr QuantityScale size_scale{
    .noun = "size",
    .units = size_units,
    .bare_unit = "B",
    .largest = std::int64_t{1} << 50,
    .largest_text = "1024TiB",
    .smallest_text = "a byte",
};

}  // namespace

std::string_view code_text(SizeErrc) {
    return "bad_size";
}

Result<ByteSize> parse_size(std::string_view text) {
    const std::expected<std::int64_t, std::string> bytes = parse_quantity(text, size_scale);
    if (!bytes) return fail(SizeErrc::bad_size, bytes.error());
    return ByteSize{static_cast<std::uint64_t>(*bytes)};
}

std::string to_text(ByteSize size) {
    // Beyond int64 no unit but the byte is sure to divide; such sizes are never parsed.
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (size.bytes == 0 || size.bytes > most) return std::to_string(size.bytes) + "B";
    return quantity_text(static_cast<std::int64_t>(size.bytes), size_scale);
}

}  // namespace millrace::core
