// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/percent.hpp"

namespace millrace::core {

std::string percent_encoded(std::string_view text, std::string_view marks) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || marks.contains(c);
        const auto byte = static_cast<unsigned char>(c);
        if (stays) {
            encoded += c;
        } else {
            encoded.append({'%', digits[byte >> 4], digits[byte & 15]});
        }
    }
    return encoded;
}

}  // namespace millrace::core
