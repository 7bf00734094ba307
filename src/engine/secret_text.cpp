// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/secret_text.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::engine {
namespace {

std::string lower(std::string_view text) {
    std::string made{text};
    for (char& c : made)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return made;
}

/// How the body of a call is written, by what it says of itself.
TextForm body_form(const HttpCall& call) {
    for (const auto& [name, value] : call.headers) {
        if (lower(name) != "content-type") continue;
        const std::string type = lower(value);
        if (type.starts_with("application/x-www-form-urlencoded")) return TextForm::url_query;
        const std::string_view media = std::string_view{type}.substr(0, type.find_first_of("; "));
        if (media.ends_with("/json") || media.ends_with("+json")) return TextForm::json_string;
    }
    return TextForm::plain;
}

/// Puts secrets into one kind of request after the other.
class Filler {
public:
    Filler(std::span<const SecretUse> secrets, const SecretText& fill)
        : secrets_{secrets}, fill_{fill} {}

    void operator()(HttpCall& call) const {
        put(call.body, body_form(call));
        for (auto& [name, value] : call.headers)
            put(value, TextForm::header);
        const std::string_view url = call.url;
        const std::size_t scheme = url.find("://");
        const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
        const std::size_t path = std::min(url.find_first_of("/?#", authority), url.size());
        const std::size_t query = std::min(url.find('?', path), url.size());
        call.url = made(url.substr(0, path), TextForm::url_host) +
                   made(url.substr(path, query - path), TextForm::url_path) +
                   made(url.substr(query), TextForm::url_query);
    }
    void operator()(SqlCall& call) const {
        for (SqlStatement& statement : call.statements)
            statement.parameters = with_secrets(statement.parameters, secrets_, fill_);
    }
    void operator()(MailCall& call) const {
        for (auto& [name, value] : call.headers)
            put(value, TextForm::header);
        put(call.subject, TextForm::header);
        put(call.text, TextForm::plain);
        put(call.html, TextForm::plain);
    }
    void operator()(FileCall& call) const {
        call.contents = with_secrets(call.contents, secrets_, fill_);
    }
    void operator()(ProcessCall& call) const {
        for (auto& [name, value] : call.environment)
            put(value, TextForm::plain);
        put(call.input, TextForm::plain);
    }
    void operator()(FunctionCall& call) const {
        call.input = with_secrets(call.input, secrets_, fill_);
    }
    void operator()(std::shared_ptr<const PureJob>&) const {}
    void operator()(SubworkflowCall&) const {}  // its journal would hold them

private:
    std::string made(std::string_view text, TextForm form) const {
        return with_secrets(text, secrets_, form, fill_);
    }
    void put(std::string& text, TextForm form) const { text = made(text, form); }

    std::span<const SecretUse> secrets_;
    const SecretText& fill_;
};

std::string named(const SecretUse& secret, TextForm /*form*/) {
    if (secret.link) return "{{ links." + secret.name.substr(secret.name.find(':') + 1) + " }}";
    return "{{ secrets." + secret.name + " }}";
}

}  // namespace

std::string with_secrets(std::string_view text, std::span<const SecretUse> secrets, TextForm form,
                         const SecretText& fill) {
    std::string made;
    std::size_t done = 0;
    while (done < text.size()) {
        std::size_t next = std::string_view::npos;
        const SecretUse* found = nullptr;
        for (const SecretUse& secret : secrets) {
            const std::size_t at = text.find(secret.marker, done);
            if (at >= next) continue;
            next = at;
            found = &secret;
        }
        if (found == nullptr) break;
        made.append(text.substr(done, next - done)).append(fill(*found, form));
        done = next + found->marker.size();
    }
    return made.append(text.substr(done));
}

core::Value with_secrets(const core::Value& value, std::span<const SecretUse> secrets,
                         const SecretText& fill) {
    if (value.is_string())
        return core::Value{with_secrets(value.as_string(), secrets, TextForm::plain, fill)};
    if (value.is_array()) {
        std::vector<core::Value> elements;
        for (const core::Value& element : value.as_array())
            elements.push_back(with_secrets(element, secrets, fill));
        return core::Value::array(std::move(elements));
    }
    if (!value.is_object()) return value;
    std::vector<core::Member> members;
    for (const core::Member& member : value.as_object())
        members.push_back({member.key, with_secrets(member.value, secrets, fill)});
    return core::Value::object(std::move(members));
}

void put_secrets(EffectRequest& request, std::span<const SecretUse> secrets,
                 const SecretText& fill) {
    if (!secrets.empty()) std::visit(Filler{secrets, fill}, request);
}

void name_secrets(EffectRequest& request, std::span<const SecretUse> secrets) {
    put_secrets(request, secrets, named);
}

void name_secrets(core::Failure& failure, std::span<const SecretUse> secrets) {
    if (secrets.empty()) return;
    failure.message = with_secrets(failure.message, secrets, TextForm::plain, named);
    failure.details = with_secrets(failure.details, secrets, named);
}

}  // namespace millrace::engine
