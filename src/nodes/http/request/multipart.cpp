// SPDX-License-Identifier: Apache-2.0
#include "http/request/multipart.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/format/digest.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

struct Part {
    std::string head;
    std::string content;
};

/// As browsers escape names within quotes.
std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        switch (c) {
            case '"': result += "%22"; break;
            case '\r': result += "%0D"; break;
            case '\n': result += "%0A"; break;
            default: result += c;
        }
    }
    return result + "\"";
}

std::optional<std::string> content_text(const Value& value) {
    if (value.is_string()) return std::string{value.as_string()};
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return core::number_text(value.as_integer());
    if (value.is_number()) return core::number_text(value.as_double());
    if (value.is_bytes()) return std::string{value.as_bytes().begin(), value.as_bytes().end()};
    return std::nullopt;
}

std::string disposition(std::string_view name) {
    return "Content-Disposition: form-data; name=" + quoted(name);
}

std::optional<Part> file_part(std::string_view name, const Value& file) {
    const Value* const filename = file.find("filename");
    const Value* const content = file.find("content");
    const Value* const type = file.find("content_type");
    if (filename == nullptr || !filename->is_string() || content == nullptr) return std::nullopt;
    const auto known = [](const core::Member& member) {
        return member.key == "filename" || member.key == "content" || member.key == "content_type";
    };
    if (!std::ranges::all_of(file.as_object(), known)) return std::nullopt;
    std::string media_type =
        content->is_string() ? "text/plain; charset=utf-8" : "application/octet-stream";
    if (type != nullptr && !type->is_null()) {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
        if (!type->is_string() || std::ranges::any_of(type->as_string(), is_control)) {
            return std::nullopt;
        }
        media_type = type->as_string();
    }
    const std::optional<std::string> text = content_text(*content);
    return Part{disposition(name) + "; filename=" + quoted(filename->as_string()) +
                    "\r\nContent-Type: " + media_type,
                text ? *text : core::to_json(*content)};
}

std::optional<Part> part_of(std::string_view name, const Value& value) {
    if (value.is_object()) return file_part(name, value);
    std::optional<std::string> text = content_text(value);
    if (!text) return std::nullopt;
    std::string head = disposition(name);
    if (value.is_bytes()) {
        head += "; filename=" + quoted(name) + "\r\nContent-Type: application/octet-stream";
    }
    return Part{std::move(head), *std::move(text)};
}

/// Made of the contents, so that none of them can have been written to hold it.
std::string free_boundary(const std::vector<Part>& parts) {
    std::string seed;
    for (const Part& part : parts)
        seed = format::blake2b_256_hex(seed + format::blake2b_256_hex(part.content));
    while (true) {
        constexpr std::size_t digits = 32;
        const std::string boundary = "millrace-part-" + seed.substr(0, digits);
        const auto contains = [&boundary](const Part& part) {
            return part.content.find(boundary) != std::string::npos;
        };
        if (std::ranges::none_of(parts, contains)) return boundary;
        seed = format::blake2b_256_hex(seed);
    }
}

}  // namespace

std::expected<Multipart, std::string> make_multipart(const Value& members) {
    if (!members.is_object()) return std::unexpected{"a multipart body is made of an object"};
    std::vector<Part> parts;
    const auto add = [&parts](std::string_view name, const Value& value) {
        if (value.is_null()) return true;
        std::optional<Part> part = part_of(name, value);
        if (part) parts.push_back(*std::move(part));
        return part.has_value();
    };
    for (const core::Member& member : members.as_object()) {
        const auto add_one = [&](const Value& value) { return add(member.key, value); };
        const bool added = member.value.is_array()
                               ? std::ranges::all_of(member.value.as_array(), add_one)
                               : add_one(member.value);
        if (!added) {
            return std::unexpected{"part \"" + member.key +
                                   "\" must be a string, a number, a boolean, bytes, {filename, "
                                   "content, content_type} or an array of them"};
        }
    }
    Multipart made;
    const std::string boundary = free_boundary(parts);
    for (const Part& part : parts) {
        made.body.append("--").append(boundary).append("\r\n").append(part.head);
        made.body.append("\r\n\r\n").append(part.content).append("\r\n");
    }
    made.body.append("--").append(boundary).append("--\r\n");
    made.content_type = "multipart/form-data; boundary=" + boundary;
    return made;
}

}  // namespace millrace::nodes
