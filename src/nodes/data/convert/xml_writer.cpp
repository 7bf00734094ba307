// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <pugixml.hpp>
#include <utility>

#include "data/convert/xml.hpp"
#include "limit_failure.hpp"
#include "millrace/engine/node.hpp"
#include "ordering.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;
/// Nothing when all is well.
using Wrong = std::optional<Failure>;

struct StringWriter final : pugi::xml_writer {
    std::string text;
    void write(const void* data, std::size_t size) override {
        text.append(static_cast<const char*>(data), size);
    }
};

/// Names as XML has them, but for the finer points of letters beyond ASCII.
bool is_name(std::string_view name) {
    const auto may_begin = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    const auto may_follow = [&](char c) {
        return may_begin(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !name.empty() && may_begin(name.front()) && std::ranges::all_of(name, may_follow);
}

/// XML 1.0 has no way to write most control characters.
bool is_writable(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
    });
}

class XmlBuilder {
public:
    explicit XmlBuilder(const XmlOptions& options) : options_{options} {}

    /// Appends one element, or one for each element of an array.
    Wrong append(pugi::xml_node parent, const std::string& name, const Value& value, int levels) {
        if (levels == 0) {
            return limit_failure("conversion_limit", "more than " + std::to_string(xml_depth_max) +
                                                         " arrays and objects lie in each other");
        }
        if (!is_name(name)) return bad_name(name, "an element");
        if (value.is_array()) {
            for (const Value& element : value.as_array()) {
                if (Wrong wrong = append_one(parent, name, element, levels - 1)) return wrong;
            }
            return std::nullopt;
        }
        return append_one(parent, name, value, levels);
    }

    /// One element, whatever the value is; the elements of an array go into it.
    Wrong append_one(pugi::xml_node parent, const std::string& name, const Value& value,
                     int levels) {
        if (!is_name(name)) return bad_name(name, "an element");
        pugi::xml_node node = parent.append_child(name.c_str());
        if (value.is_array()) return append(node, options_.item, value, levels);
        if (!value.is_object()) return set_text(node, value);
        for (const core::Member& member : value.as_object()) {
            Wrong wrong;
            if (member.key == "#text") {
                wrong = set_text(node, member.value);
            } else if (member.key.starts_with('@')) {
                wrong = set_attribute(node, member.key.substr(1), member.value);
            } else {
                wrong = append(node, member.key, member.value, levels - 1);
            }
            if (wrong) return wrong;
        }
        return std::nullopt;
    }

private:
    static Failure bad_name(const std::string& name, const std::string& what) {
        return engine::validation_failure("bad_xml_name",
                                          "\"" + name + "\" is no name for " + what +
                                              "; rename the field, as with data.set or data.map");
    }

    static std::expected<std::string, Failure> text_of(const Value& value,
                                                       const std::string& where) {
        std::string text{value.is_null() ? std::string_view{} : text_value(value).as_string()};
        if (is_writable(text)) return text;
        return std::unexpected{engine::validation_failure(
            "bad_xml_text", "the text of " + where +
                                " has control characters, which XML cannot hold; take them out or "
                                "encode it, as with crypto.encode")};
    }

    static Wrong set_text(pugi::xml_node node, const Value& value) {
        const auto text = text_of(value, std::string{"<"} + node.name() + ">");
        if (!text) return text.error();
        if (!text->empty()) node.append_child(pugi::node_pcdata).set_value(text->c_str());
        return std::nullopt;
    }

    static Wrong set_attribute(pugi::xml_node node, const std::string& name, const Value& value) {
        if (!is_name(name)) return bad_name("@" + name, "an attribute");
        const auto text = text_of(value, "@" + name);
        if (!text) return text.error();
        node.append_attribute(name.c_str()).set_value(text->c_str());
        return std::nullopt;
    }

    const XmlOptions& options_;
};

}  // namespace

std::expected<std::string, Failure> write_xml(const Value& value, const XmlOptions& options) {
    pugi::xml_document document;
    XmlBuilder builder{options};
    Wrong wrong;
    if (!options.root.empty()) {
        wrong = builder.append_one(document, options.root, value, xml_depth_max);
    } else if (value.is_object() && value.size() == 1 && !value.as_object()[0].value.is_array()) {
        const core::Member& member = value.as_object()[0];
        wrong = builder.append_one(document, member.key, member.value, xml_depth_max);
    } else {
        wrong = engine::validation_failure(
            "no_xml_root",
            "an XML document has one root element, so the value must be an object "
            "with one field; name the root by `xml.root`");
    }
    if (wrong) return std::unexpected{*std::move(wrong)};
    if (options.declares) {
        pugi::xml_node declaration = document.prepend_child(pugi::node_declaration);
        declaration.append_attribute("version") = "1.0";
        declaration.append_attribute("encoding") = "UTF-8";
    }
    StringWriter writer;
    const unsigned layout = options.pretty ? pugi::format_indent : pugi::format_raw;
    document.save(writer, "  ", layout | pugi::format_no_declaration, pugi::encoding_utf8);
    return std::move(writer.text);
}

}  // namespace millrace::nodes
