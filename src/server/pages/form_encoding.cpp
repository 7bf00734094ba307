// SPDX-License-Identifier: Apache-2.0
#include "pages/form_encoding.hpp"

#include <algorithm>

#include "millrace/core/utf8.hpp"

namespace millrace::server {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::expected<std::string, std::string> decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            const int high = at + 2 < text.size() ? digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? digit(text[at + 2]) : -1;
            if (high < 0 || low < 0)
                return std::unexpected{"has a '%' without two hexadecimal digits"};
            c = static_cast<char>(high * 16 + low);
            at += 2;
        }
        // Browsers send lines with both of their ends.
        if (c == '\n' && out.ends_with('\r')) out.pop_back();
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f)
            return std::unexpected{"holds a control character"};
        out.push_back(c);
    }
    std::ranges::replace(out, '\r', '\n');
    if (!core::is_valid_utf8(out)) return std::unexpected{"is not UTF-8"};
    return out;
}

}  // namespace

std::expected<FormTexts, std::string> read_form(std::string_view body) {
    FormTexts texts;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view pair = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (pair.empty()) continue;
        if (texts.size() == form_texts_max) return std::unexpected{"the form has too many fields"};
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals));
        if (!name) return std::unexpected{"a name in the form " + name.error()};
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!value) return std::unexpected{"a field of the form " + value.error()};
        texts.emplace_back(*std::move(name), *std::move(value));
    }
    return texts;
}

std::string_view form_text(const FormTexts& texts, std::string_view name) {
    const auto found = std::ranges::find(
        texts, name, [](const auto& text) { return std::string_view{text.first}; });
    return found == texts.end() ? std::string_view{} : std::string_view{found->second};
}

bool has_form_text(const FormTexts& texts, std::string_view name) {
    return std::ranges::any_of(texts, [&](const auto& text) { return text.first == name; });
}

}  // namespace millrace::server
