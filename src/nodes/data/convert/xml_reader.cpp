// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "data/convert/cell_value.hpp"
#include "data/convert/xml.hpp"
#include "limit_failure.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

Failure bad_xml(std::string what) {
    return engine::validation_failure("bad_xml", std::move(what));
}

class XmlReader {
public:
    explicit XmlReader(const XmlOptions& options) : options_{options} {}

    /// Nothing when the elements lie too deep in each other.
    std::optional<Value> element(const pugi::xml_node& node, int levels) const {
        if (levels == 0) return std::nullopt;
        std::vector<core::Member> members;
        for (const pugi::xml_attribute& attribute : node.attributes())
            members.push_back({std::string{"@"} + attribute.name(), text(attribute.value())});
        const std::size_t attributes = members.size();
        std::string own;
        // Children by their names, in the order in which the names appear.
        std::vector<std::pair<std::string_view, std::vector<Value>>> children;
        std::map<std::string_view, std::size_t> places;
        for (const pugi::xml_node& child : node.children()) {
            if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
                own += child.value();
                continue;
            }
            if (child.type() != pugi::node_element) continue;
            std::optional<Value> value = element(child, levels - 1);
            if (!value) return std::nullopt;
            const auto [place, is_new] = places.try_emplace(child.name(), children.size());
            if (is_new) children.push_back({child.name(), {}});
            children[place->second].second.push_back(*std::move(value));
        }
        if (attributes == 0 && children.empty()) return text(own);
        for (auto& [name, values] : children) {
            const bool is_list = values.size() > 1 ||
                                 std::ranges::find(options_.lists, name) != options_.lists.end();
            members.push_back({std::string{name}, is_list ? Value::array(std::move(values))
                                                          : std::move(values.front())});
        }
        if (!own.empty()) members.push_back({"#text", text(own)});
        return Value::object(std::move(members));
    }

private:
    Value text(std::string_view written) const {
        return options_.typed ? cell_value(written) : Value{written};
    }

    const XmlOptions& options_;
};

Failure unreadable(const pugi::xml_parse_result& result, std::string_view text, bool is_utf8) {
    if (result.status == pugi::status_out_of_memory)
        return limit_failure("conversion_limit", "the XML is too large");
    std::string where;
    if (is_utf8 && result.offset >= 0) {
        const core::TextPosition at =
            core::position_at(text, static_cast<std::size_t>(result.offset));
        where = std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
    }
    return bad_xml(where + result.description());
}

}  // namespace

std::expected<Value, Failure> read_xml(std::string_view text, bool is_utf8,
                                       const XmlOptions& options) {
    pugi::xml_document document;
    const pugi::xml_parse_result result =
        document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype,
                             is_utf8 ? pugi::encoding_utf8 : pugi::encoding_auto);
    if (!result) return std::unexpected{unreadable(result, text, is_utf8)};
    pugi::xml_node root;
    for (const pugi::xml_node& child : document.children()) {
        if (child.type() == pugi::node_doctype) {
            return std::unexpected{bad_xml(
                "the document has a document type (<!DOCTYPE …>), which is never read; send it "
                "without")};
        }
        if (child.type() != pugi::node_element) continue;
        if (root) {
            return std::unexpected{bad_xml(std::string{"there are two root elements, <"} +
                                           root.name() + "> and <" + child.name() + ">")};
        }
        root = child;
    }
    if (!root) return std::unexpected{bad_xml("there is no element")};
    std::optional<Value> value = XmlReader{options}.element(root, xml_depth_max);
    if (!value) {
        return std::unexpected{limit_failure(
            "conversion_limit",
            "more than " + std::to_string(xml_depth_max) + " elements lie in each other")};
    }
    const bool is_list = std::ranges::find(options.lists, root.name()) != options.lists.end();
    if (is_list) value = Value::array({*value});
    return Value::object({{root.name(), *std::move(value)}});
}

}  // namespace millrace::nodes
