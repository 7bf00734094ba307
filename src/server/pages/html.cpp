// SPDX-License-Identifier: Apache-2.0
#include "pages/html.hpp"

#include "millrace/core/check.hpp"

namespace millrace::server {

std::string escaped_html(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default: safe += c;
        }
    }
    return safe;
}

void Html::begin(HtmlName element, Attributes attributes) {
    markup_.append("<").append(element.text());
    for (const HtmlAttribute& attribute : attributes) {
        if (!attribute.is_given) continue;
        markup_.append(" ").append(attribute.name.text());
        if (attribute.has_value)
            markup_.append("=\"").append(escaped_html(attribute.value)).append("\"");
    }
    markup_.append(">");
}

Html& Html::open(HtmlName element, Attributes attributes) {
    begin(element, attributes);
    open_.push_back(element);
    return *this;
}

Html& Html::close() {
    MR_CHECK(!open_.empty());
    markup_.append("</").append(open_.back().text()).append(">");
    open_.pop_back();
    return *this;
}

Html& Html::single(HtmlName element, Attributes attributes) {
    begin(element, attributes);
    return *this;
}

Html& Html::text(std::string_view text) {
    markup_.append(escaped_html(text));
    return *this;
}

Html& Html::leaf(HtmlName element, std::string_view text, Attributes attributes) {
    return open(element, attributes).text(text).close();
}

Html& Html::paragraphs(std::string_view text, Attributes attributes) {
    while (!text.empty()) {
        std::size_t end = text.find("\n\n");
        const std::string_view one = text.substr(0, end);
        if (one.find_first_not_of("\n \t") != std::string_view::npos) leaf("p", one, attributes);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 2);
    }
    return *this;
}

Html& Html::add(const Html& part) {
    markup_.append(part.markup());
    return *this;
}

const std::string& Html::markup() const {
    MR_CHECK(open_.empty());
    return markup_;
}

}  // namespace millrace::server
