// SPDX-License-Identifier: Apache-2.0
#include "secrets/secret_mask.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "http/http_url.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/percent.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view stars = "***";

/// `%2f` for `%2F`.
std::string with_lower_escapes(std::string text) {
    for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1))
        for (std::size_t i = at + 1; i < std::min(at + 3, text.size()); ++i)
            if (text[i] >= 'A' && text[i] <= 'F') text[i] = static_cast<char>(text[i] - 'A' + 'a');
    return text;
}

/// What becomes of it where its bytes are taken for Latin-1.
std::string read_as_latin1(std::string_view text) {
    std::string made;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            made += c;
        } else {
            made += static_cast<char>(0xC0 | byte >> 6);
            made += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return made;
}

/// As it is, and as software writes it that it was given to.
std::vector<std::string> forms_of(std::string_view secret) {
    std::string quoted;
    core::append_json_string(quoted, secret);
    std::vector<std::string> forms{std::string{secret}, quoted.substr(1, quoted.size() - 2),
                                   read_as_latin1(secret)};
    for (const std::string& encoded :
         {core::percent_encoded(secret), percent_encoded_segment(secret)}) {
        forms.push_back(encoded);
        forms.push_back(with_lower_escapes(encoded));
    }
    return forms;
}

/// A text of which only a part is shown may begin or end within a secret.
void mask_cut_ends(std::string& text, std::string_view secret) {
    // Less of a secret is of no use; and what is shorter is shown whole.
    constexpr std::size_t part_min = 8;
    constexpr std::size_t text_min = 256;
    if (text.size() < text_min) return;
    const std::size_t part_max = std::min(secret.size(), text.size()) - 1;
    for (std::size_t size = part_max; size >= part_min; --size) {
        if (!text.ends_with(secret.substr(0, size))) continue;
        text.replace(text.size() - size, size, stars);
        break;
    }
    for (std::size_t size = part_max; size >= part_min; --size) {
        if (!text.starts_with(secret.substr(secret.size() - size))) continue;
        text.replace(0, size, stars);
        break;
    }
}

bool is_token_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
}

/// Hides what follows `/wait/` and is as long as a token, or was cut off at the end of the text.
void mask_links(std::string& text) {
    constexpr std::string_view word = "wait";
    constexpr std::size_t token_length = 64;
    constexpr std::size_t part_min = 8;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const std::string_view rest = std::string_view{text}.substr(at + word.size());
        std::size_t begin = 0;
        for (const std::string_view slash : {"/", "%2F", "%2f", "\\/"})
            if (rest.starts_with(slash)) begin = slash.size();
        if (begin == 0) continue;
        const std::string_view token = rest.substr(begin);
        const std::size_t length = static_cast<std::size_t>(
            std::ranges::find_if_not(token, is_token_character) - token.begin());
        const bool is_cut = length == token.size() && length >= part_min;
        if (length >= token_length || is_cut) text.replace(at + word.size() + begin, length, stars);
    }
}

/// What is to be hidden.
struct Hidden {
    const std::vector<std::string>& secrets;
    bool links = false;
};

std::string replaced(std::string_view text, const Hidden& hidden) {
    std::string result{text};
    if (hidden.links) mask_links(result);
    for (const std::string& secret : hidden.secrets) {
        for (std::size_t at = result.find(secret); at != std::string::npos;
             at = result.find(secret, at + stars.size()))
            result.replace(at, secret.size(), stars);
        mask_cut_ends(result, secret);
    }
    return result;
}

std::string_view bytes_text(const core::Value& value) {
    const auto bytes = value.as_bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

core::Value masked_value(const core::Value& value, const Hidden& hidden) {
    switch (value.kind()) {
        case core::Value::Kind::string: return core::Value{replaced(value.as_string(), hidden)};
        case core::Value::Kind::bytes: {
            const std::string text = replaced(bytes_text(value), hidden);
            return core::Value::bytes(
                {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        }
        case core::Value::Kind::array: {
            std::vector<core::Value> elements;
            for (const core::Value& element : value.as_array())
                elements.push_back(masked_value(element, hidden));
            return core::Value::array(std::move(elements));
        }
        case core::Value::Kind::object: {
            std::vector<core::Member> members;
            for (const core::Member& member : value.as_object())
                members.push_back(
                    {replaced(member.key, hidden), masked_value(member.value, hidden)});
            return core::Value::object(std::move(members));
        }
        case core::Value::Kind::null:
        case core::Value::Kind::boolean:
        case core::Value::Kind::integer:
        case core::Value::Kind::number: break;
    }
    return value;
}

void mask_failure(core::Failure& failure, const Hidden& hidden) {
    failure.message = replaced(failure.message, hidden);
    failure.details = masked_value(failure.details, hidden);
    if (!failure.cause) return;
    auto cause = std::make_shared<core::Failure>(*failure.cause);
    mask_failure(*cause, hidden);
    failure.cause = std::move(cause);
}

}  // namespace

void SecretMask::add(std::string_view secret) {
    if (secret.size() < length_min) return;
    std::vector<std::string> forms = forms_of(secret);
    const std::scoped_lock lock{mutex_};
    std::shared_ptr<Secrets> secrets;
    for (std::string& form : forms) {
        const auto known = std::ranges::find(by_age_, form);
        if (known != by_age_.end()) {
            // Credentials are added whenever they are used, and so outlive tokens that came later.
            std::rotate(known, known + 1, by_age_.end());
            continue;
        }
        if (!secrets) secrets = std::make_shared<Secrets>(*secrets_);
        if (by_age_.size() == forms_max) {
            secrets->erase(std::ranges::find(*secrets, by_age_.front()));
            by_age_.pop_front();
        }
        // A secret may be a part of another: the longest is replaced first.
        secrets->insert(
            std::ranges::upper_bound(*secrets, form.size(), std::greater{}, &std::string::size),
            form);
        by_age_.push_back(std::move(form));
    }
    if (!secrets) return;
    secrets_ = std::move(secrets);
    count_.store(secrets_->size(), std::memory_order_release);
}

std::shared_ptr<const SecretMask::Secrets> SecretMask::current() const {
    const std::scoped_lock lock{mutex_};
    return secrets_;
}

std::string SecretMask::masked(std::string_view text) const {
    return is_empty() ? std::string{text} : replaced(text, {*current(), hides_links()});
}

core::Value SecretMask::without_secrets(const core::Value& value) const {
    return is_empty() ? value : masked_value(value, {*current(), hides_links()});
}

void SecretMask::mask(core::Failure& failure) const {
    if (!is_empty()) mask_failure(failure, {*current(), hides_links()});
}

MaskingLog::MaskingLog(std::shared_ptr<Log> inner, std::shared_ptr<const SecretMask> mask)
    : inner_{std::move(inner)}, mask_{std::move(mask)} {}

void MaskingLog::put(LogLevel level, std::string_view message, std::span<const LogField> fields) {
    if (mask_->is_empty() || !takes(level)) return inner_->put(level, message, fields);
    std::vector<LogField> masked{fields.begin(), fields.end()};
    for (LogField& field : masked)
        if (!field.is_number) field.value = mask_->masked(field.value);
    inner_->put(level, mask_->masked(message), masked);
}

}  // namespace millrace::runtime
