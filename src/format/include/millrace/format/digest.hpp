// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::format {

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

using Digest256 = std::array<std::uint8_t, 32>;
/// BLAKE2b with 256 bits and no key: names payloads in the blob table.
Digest256 blake2b_256(std::string_view text);
std::string blake2b_256_hex(std::string_view text);

/// Version 7, and the same for the same moment and parts, so that what is done again finds what it
/// has done. Parts that are joined differently are different.
core::Uuid named_uuid(core::Time at, std::initializer_list<std::string_view> parts);

/// Two lower-case digits for each byte.
std::string to_hex(const Digest256& digest);

}  // namespace millrace::format
