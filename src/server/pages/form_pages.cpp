// SPDX-License-Identifier: Apache-2.0
#include "pages/form_pages.hpp"

#include <algorithm>

#include "pages/page.hpp"

namespace millrace::server {
namespace {

using core::Value;

std::string text_of(const Value* object, std::string_view key, std::string_view otherwise = {}) {
    const Value* const found = object == nullptr ? nullptr : object->find(key);
    return std::string{found != nullptr && found->is_string() ? found->as_string() : otherwise};
}

/// `https://example.com` of a URL; empty of a path.
std::string origin_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    return std::string{url.substr(0, std::min(url.find_first_of("/?#", scheme + 3), url.size()))};
}

/// Of a form without one, what its path ends with: `events/new-member` is New member.
std::string title_of(const Value& data) {
    std::string title = text_of(&data, "title");
    if (!title.empty()) return title;
    const std::string path = text_of(&data, "path");
    title = path.substr(path.rfind('/') + 1);
    std::ranges::replace_if(
        title, [](char c) { return c == '-' || c == '_'; }, ' ');
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z')
        title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return title;
}

}  // namespace

Response form_page(const Value& data, const Form& form, const FormState& state,
                   std::string_view once, int status) {
    const std::string title = title_of(data);
    Html main;
    main.leaf("h1", title);
    main.paragraphs(text_of(&data, "description"), {{"class", "soft"}});
    write_summary(main, state);
    // Without an action it goes to where the page is, whatever a proxy calls that.
    main.open("form", {{"method", "post"}, {"novalidate", true}});
    main.single("input", {{"type", "hidden"}, {"name", once_field}, {"value", once}});
    write_fields(main, form.fields, state);
    main.open("div", {{"class", "buttons"}});
    main.leaf("button", text_of(&data, "submit_label", "Send"), {{"type", "submit"}});
    main.close().close();
    return page_response({.status = status,
                          .title = (state.messages.empty() ? "" : "Error: ") + title,
                          .has_form = true,
                          .leads_to = origin_of(text_of(&data, "redirect"))},
                         main);
}

Response thank_you_page(const Value& data) {
    const Value* const thanks = data.find("thank_you");
    const std::string title = text_of(thanks, "title", "Thank you");
    Html main;
    main.leaf("p", title_of(data), {{"class", "kicker"}});
    main.leaf("h1", title).paragraphs(text_of(thanks, "text", "What you have sent has arrived."));
    return page_response({.title = title}, main);
}

std::string after_sending(const Value& data, std::string_view path) {
    const std::string redirect = text_of(&data, "redirect");
    if (!redirect.empty()) return redirect;
    const std::size_t slash = path.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    // With a `./`, no name can be taken for a scheme.
    return "./" + std::string{last} + "?sent=1";
}

}  // namespace millrace::server
