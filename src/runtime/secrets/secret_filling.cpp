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
#include "millrace/core/percent.hpp"

namespace millrace::runtime {
namespace {

using engine::TextForm;

std::string in_json(std::string_view text) {
    std::string quoted;
    core::append_json_string(quoted, text);
    return quoted.substr(1, quoted.size() - 2);
}

std::string written(std::string_view text, TextForm form) {
    switch (form) {
        case TextForm::url_path: return percent_encoded_segment(text);
        case TextForm::url_query: return core::percent_encoded(text);
        case TextForm::json_string: return in_json(text);
        case TextForm::plain:
        case TextForm::header:
        case TextForm::url_host: break;
    }
    return std::string{text};
}

bool is_one_line(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

std::expected<std::vector<std::string>, core::Failure> fill_secrets(engine::Effect& effect,
                                                                    Credentials* credentials) {
    std::vector<std::string> written_texts;
    if (effect.secrets.empty()) return written_texts;
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
    std::string refusal;
    engine::put_secrets(
        effect.request, effect.secrets, [&](const engine::SecretUse& use, TextForm form) {
            const std::string& value = values.at(use.name);
            if (form == TextForm::header && !is_one_line(value)) {
                refusal =
                    "has several lines and cannot stand in a header; set it again without "
                    "line breaks";
            } else if (form == TextForm::url_host) {
                refusal =
                    "cannot stand in the host of a URL, which names, logs and certificates "
                    "tell; use a variable, or a credential for a name and a password";
            }
            written_texts.push_back(written(value, form));
            return written_texts.back();
        });
    if (refusal.empty()) {
        // However it is written there, it is to be found where somebody tells of the request.
        for (const std::string& text : written_texts)
            credentials->keep_secret(text);
        return written_texts;
    }
    return refused("bad_secret", "a secret " + refusal);
}

}  // namespace millrace::runtime
