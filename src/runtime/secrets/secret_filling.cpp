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

/// The text that a use stands for.
std::expected<std::string, core::Failure> text_of(const engine::SecretUse& use,
                                                  core::ExecutionId id, Credentials* credentials,
                                                  Links* links) {
    if (use.link) {
        if (links == nullptr) return refused("no_link", "nobody answers links here");
        auto link = links->link(id, *use.link);
        if (!link) return refused("no_link", link.error().message());
        if (credentials != nullptr) credentials->hide_links();
        return *std::move(link);
    }
    if (credentials == nullptr) {
        return refused("unknown_secret",
                       "there is no secret " + use.name + ": none are stored here");
    }
    return credentials->secret(use.name);
}

}  // namespace

std::expected<std::vector<std::string>, core::Failure> fill_secrets(engine::Effect& effect,
                                                                    Credentials* credentials,
                                                                    Links* links) {
    std::vector<std::string> written_texts;
    if (effect.secrets.empty()) return written_texts;
    std::map<std::string, std::string> values;  // by their markers
    for (const engine::SecretUse& use : effect.secrets) {
        auto value = text_of(use, effect.id, credentials, links);
        if (!value) return std::unexpected{std::move(value.error())};
        values.emplace(use.marker, *std::move(value));
    }
    std::vector<std::string> to_keep;
    std::string refusal;
    engine::put_secrets(
        effect.request, effect.secrets, [&](const engine::SecretUse& use, TextForm form) {
            const std::string& value = values.at(use.marker);
            if (form == TextForm::header && !is_one_line(value)) {
                refusal = use.name +
                          " has several lines and cannot stand in a header; set it again without "
                          "line breaks";
            } else if (form == TextForm::url_host && !use.link) {
                refusal = use.name +
                          " cannot stand in the host of a URL, which names, logs and certificates "
                          "tell; use a variable, or a credential for a name and a password";
            }
            written_texts.push_back(written(value, form));
            if (!use.link) to_keep.push_back(written_texts.back());
            return written_texts.back();
        });
    if (!refusal.empty()) return refused("bad_secret", "the secret " + refusal);
    // However it is written there, it is to be found where somebody tells of the request.
    for (const std::string& text : to_keep)
        credentials->keep_secret(text);
    return written_texts;
}

}  // namespace millrace::runtime
