// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <span>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::core {
namespace {

void append_escape(std::string& out, unsigned char c) {
    constexpr std::string_view hex_digits = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    out += "\\u00";
    out.push_back(hex_digits[c >> 4]);
    out.push_back(hex_digits[c & 0xF]);
}

/// Writes a tree with its own stack of open containers, so that depth costs no machine stack.
class JsonWriter {
public:
    JsonWriter(std::string& out, bool pretty, JsonNumbers numbers)
        : out_{out}, pretty_{pretty}, numbers_{numbers} {}

    void write(const Value& root) {
        begin(root);
        while (!open_.empty()) {
            Container& container = open_.back();
            if (container.next == container.value->size()) {
                close();
                continue;
            }
            if (container.next > 0) out_.push_back(',');
            break_line();
            const std::size_t at = container.next++;
            if (container.value->is_object()) {
                const Member& member = container.value->as_object()[at];
                append_json_string(out_, member.key);
                out_ += pretty_ ? ": " : ":";
                begin(member.value);
            } else {
                begin(container.value->as_array()[at]);
            }
        }
    }

private:
    struct Container {
        const Value* value;
        std::size_t next;
    };

    /// Writes a leaf or an empty container whole; opens any other one.
    void begin(const Value& value) {
        switch (value.kind()) {
            case Value::Kind::null: out_ += "null"; return;
            case Value::Kind::boolean: out_ += value.as_bool() ? "true" : "false"; return;
            case Value::Kind::integer: return write_integer(value.as_integer());
            case Value::Kind::number: return write_number(value.as_double());
            case Value::Kind::string: return append_json_string(out_, value.as_string());
            case Value::Kind::bytes: return write_bytes(value.as_bytes());
            case Value::Kind::array: out_.push_back('['); break;
            case Value::Kind::object: out_.push_back('{'); break;
        }
        if (value.size() == 0) {
            out_.push_back(value.is_object() ? '}' : ']');
        } else {
            open_.push_back({&value, 0});
        }
    }
    void close() {
        const bool object = open_.back().value->is_object();
        open_.pop_back();
        break_line();
        out_.push_back(object ? '}' : ']');
    }
    void break_line() {
        if (pretty_) out_.append("\n").append(open_.size() * 2, ' ');
    }
    void write_integer(std::int64_t integer) {
        char digits[20];
        const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), integer);
        out_.append(digits, end.ptr);
    }
    void write_number(double number) {
        if (std::isfinite(number)) {
            out_ +=
                numbers_ == JsonNumbers::exact ? exact_number_text(number) : number_text(number);
        } else {
            out_ += "null";  // as JSON.stringify does; JSON has no word for them
        }
    }
    void write_bytes(std::span<const std::uint8_t> data) {
        out_ += pretty_ ? R"({"$bytes": ")" : R"({"$bytes":")";
        out_ += base64({reinterpret_cast<const char*>(data.data()), data.size()});
        out_ += "\"}";
    }

    std::string& out_;
    bool pretty_;
    JsonNumbers numbers_;
    std::vector<Container> open_;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    if (!is_valid_utf8(text)) return append_json_string(out, replace_invalid_utf8(text));
    out.push_back('"');
    std::size_t plain = 0;  // where the part without escapes began
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text.substr(plain, i - plain));
        append_escape(out, c);
        plain = i + 1;
    }
    out.append(text.substr(plain));
    out.push_back('"');
}

void append_json(std::string& out, const Value& value, JsonNumbers numbers) {
    JsonWriter{out, false, numbers}.write(value);
}

std::string to_json(const Value& value, JsonNumbers numbers) {
    std::string out;
    append_json(out, value, numbers);
    return out;
}

std::string to_pretty_json(const Value& value, JsonNumbers numbers) {
    std::string out;
    JsonWriter{out, true, numbers}.write(value);
    return out;
}

}  // namespace millrace::core
