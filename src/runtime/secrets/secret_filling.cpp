// SPDX-License-Identifier: Apache-2.0
#include "secrets/secret_filling.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "failures.hpp"
#include "http/http_url.hpp"
#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using engine::TextForm;

/// What a segment of a path may hold besides letters and digits (RFC 3986, 3.3).
constexpr std::string_view path_marks = "-._~!$&'()*+,;=:@";

std::string in_path(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (path_marks.contains(c)) {
            made += c;
        } else {
            made += percent_encoded({&c, 1});
        }
    }
    return made;
}

std::string in_json(std::string_view text) {
    std::string quoted;
    core::append_json_string(quoted, text);
    return quoted.substr(1, quoted.size() - 2);
}

std::string written(std::string_view text, TextForm form) {
    switch (form) {
        case TextForm::url_path: return in_path(text);
        case TextForm::url_query: return percent_encoded(text);
        case TextForm::json_string: return in_json(text);
        case TextForm::plain:
        case TextForm::header: break;
    }
    return std::string{text};
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

std::expected<void, core::Failure> fill_secrets(engine::Effect& effect, Credentials* credentials) {
    if (effect.secrets.empty()) return {};
    std::map<std::string, std::string> values;
    for (const engine::SecretUse& use : effect.secrets) {
        if (credentials == nullptr) {
            return refused("unknown_secret",
                           "there is no secret " + use.name + ": none are stored here");
        }
        auto value = credentials->secret(use.name);
        if (!value) return std::unexpected{std::move(value.error())};
        values.emplace(use.name, *std::move(value));
    }
    const std::string* broken = nullptr;
    engine::put_secrets(effect.request, effect.secrets,
                        [&](const engine::SecretUse& use, TextForm form) {
                            const auto at = values.find(use.name);
                            if (form == TextForm::header && !is_one_line(at->second))
                                broken = &at->first;
                            return written(at->second, form);
                        });
    if (broken == nullptr) return {};
    return refused("bad_secret", "secret " + *broken +
                                     " has several lines and cannot stand in a header; set it "
                                     "again without line breaks");
}

}  // namespace millrace::runtime
