// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// The name of an element or of an attribute: written in the source, never made of data.
class HtmlName {
public:
    consteval HtmlName(const char* name) : text_{name} {}
    constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// An attribute with a value, or one that is there or not.
struct HtmlAttribute {
    HtmlAttribute(HtmlName its_name, std::string_view its_value)
        : name{its_name}, value{its_value} {}
    HtmlAttribute(HtmlName its_name, const char* its_value)
        : HtmlAttribute{its_name, std::string_view{its_value}} {}
    HtmlAttribute(HtmlName its_name, const std::string& its_value)
        : HtmlAttribute{its_name, std::string_view{its_value}} {}
    HtmlAttribute(HtmlName its_name, bool is_there)
        : name{its_name}, has_value{false}, is_given{is_there} {}

    HtmlName name;
    std::string value;
    bool has_value = true;
    bool is_given = true;
};

/// Writes markup in which data can only be text: names come from the source, and all else is
/// escaped on its way. Elements are closed in their order.
class Html {
public:
    using Attributes = std::initializer_list<HtmlAttribute>;

    Html& open(HtmlName element, Attributes attributes = {});
    Html& close();
    /// An element without content, such as `input`.
    Html& single(HtmlName element, Attributes attributes = {});
    Html& text(std::string_view text);
    /// An element that holds a text.
    Html& leaf(HtmlName element, std::string_view text, Attributes attributes = {});
    /// One paragraph for each part of the text that an empty line divides from the next; line
    /// ends within them stay.
    Html& paragraphs(std::string_view text, Attributes attributes = {});
    /// Markup that is whole by itself.
    Html& add(const Html& part);

    /// All elements must have been closed.
    const std::string& markup() const;

private:
    void begin(HtmlName element, Attributes attributes);

    std::string markup_;
    std::vector<HtmlName> open_;
};

/// With what would be markup written as text; also within quotes.
std::string escaped_html(std::string_view text);

}  // namespace millrace::server
