// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::server {

enum class HubErrc : std::uint8_t {
    cursor_expired,  ///< what followed it is kept no longer, or it is of another store
    stopped,
};
std::string_view code_text(HubErrc code);

}  // namespace millrace::server
