// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/json.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "millrace/core/number_text.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::core {
namespace {

std::string hex_byte(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    return {digits[byte >> 4], digits[byte & 0xF]};
}

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

/// Reads one text. Open containers are kept on a stack of its own, so depth costs no machine
/// stack. After the first error, `error_` is set and every step returns at once.
class JsonReader {
public:
    JsonReader(std::string_view text, const JsonLimits& limits) : text_{text}, limits_{limits} {}

    Result<Value> read() {
        if (!check_whole()) return std::unexpected{*error_};
        std::optional<Value> root;
        while (!error_ && !root) {
            if (std::optional<Value> value = begin_value()) root = place(*std::move(value));
        }
        skip_space();
        if (!error_ && at_ < text_.size()) {
            wrong("expected the end of the text after the value, found " + found());
        }
        if (error_) return std::unexpected{*error_};
        return *std::move(root);
    }

private:
    struct Container {
        bool is_object;
        std::size_t first_value;               // of its elements in values_
        std::unordered_set<std::string> seen;  // keys, only when repeated ones are errors
    };

    // --- the text as a whole

    bool check_whole() {
        if (text_.size() > limits_.bytes_max) {
            wrong("the text has " + std::to_string(text_.size()) +
                      " bytes, more than the limit of " + std::to_string(limits_.bytes_max),
                  JsonErrc::limit);
        } else if (text_.starts_with("\xEF\xBB\xBF")) {
            wrong("the text begins with a byte order mark, which JSON does not allow: remove it");
        } else if (const std::size_t valid = valid_utf8_prefix(text_); valid < text_.size()) {
            at_ = valid;
            wrong("byte 0x" + hex_byte(text_[valid]) + " at offset " + std::to_string(valid) +
                  " is not valid UTF-8: save the text as UTF-8");
        }
        return !error_;
    }

    // --- structure

    /// Reads a leaf or an empty container; opens any other container and gives nothing.
    std::optional<Value> begin_value() {
        if (!open_.empty() && open_.back().is_object && !read_key()) return std::nullopt;
        skip_space();
        switch (peek()) {
            case '{': return open('}');
            case '[': return open(']');
            case '"': {
                std::optional<std::string> text = read_string();
                return text ? std::optional<Value>{Value{*text}} : std::nullopt;
            }
            case 't': return read_word("true", true);
            case 'f': return read_word("false", false);
            case 'n': return read_word("null", nullptr);
            default: return read_number();
        }
    }

    std::optional<Value> open(char closing) {
        if (open_.size() == limits_.depth_max) {
            wrong(
                "nested deeper than the limit of " + std::to_string(limits_.depth_max) + " levels",
                JsonErrc::limit);
            return std::nullopt;
        }
        const bool object = closing == '}';
        ++at_;
        skip_space();
        if (peek() == closing) {
            ++at_;
            return object ? Value::object(std::vector<Member>{}) : Value::array({});
        }
        open_.push_back({object, values_.size(), {}});
        return std::nullopt;
    }

    /// Puts a finished value where it belongs and closes the containers that end after it. Gives
    /// the root once that is closed.
    std::optional<Value> place(Value value) {
        while (!open_.empty()) {
            values_.push_back(std::move(value));
            skip_space();
            const bool object = open_.back().is_object;
            const char next = peek();
            if (next == ',') {
                ++at_;
                check_no_trailing_comma(object);
                return std::nullopt;
            }
            if (next != (object ? '}' : ']')) {
                wrong(object ? "expected ',' or '}' after the member, found " + found()
                             : "expected ',' or ']' after the element, found " + found());
                return std::nullopt;
            }
            ++at_;
            value = close();
        }
        return value;
    }

    void check_no_trailing_comma(bool object) {
        skip_space();
        const char next = peek();
        if (next == '}' || next == ']') {
            wrong(std::string{"expected another "} + (object ? "member" : "element") +
                  " after ',', found " + found() + ": remove the comma before it");
        }
    }

    Value close() {
        const std::size_t begin = open_.back().first_value;
        const bool object = open_.back().is_object;
        open_.pop_back();
        const auto first = values_.begin() + static_cast<std::ptrdiff_t>(begin);
        Value closed;
        if (object) {
            const std::size_t size = values_.size() - begin;
            auto key = keys_.end() - static_cast<std::ptrdiff_t>(size);
            std::vector<Member> members;
            members.reserve(size);
            for (auto value = first; value != values_.end(); ++value) {
                members.push_back({std::move(*key++), std::move(*value)});
            }
            keys_.resize(keys_.size() - size);
            closed = Value::object(std::move(members));
        } else {
            closed = Value::array({std::move_iterator{first}, std::move_iterator{values_.end()}});
        }
        values_.resize(begin);
        return closed;
    }

    /// The key and its colon.
    bool read_key() {
        skip_space();
        if (peek() != '"') {
            return wrong("expected a member's name in double quotes, found " + found());
        }
        const std::size_t begin = at_;
        std::optional<std::string> key = read_string();
        if (!key) return false;
        if (!limits_.duplicate_keys && !open_.back().seen.insert(*key).second) {
            at_ = begin;
            std::string quoted;
            append_json_string(quoted, *key);
            return wrong("the object has two members " + quoted + ": remove or rename one");
        }
        keys_.push_back(*std::move(key));
        skip_space();
        if (peek() != ':') return wrong("expected ':' after the member's name, found " + found());
        ++at_;
        return true;
    }

    // --- leaves

    std::optional<Value> read_word(std::string_view word, Value value) {
        std::size_t end = at_;
        while (end < text_.size() && is_word_character(text_[end]))
            ++end;
        if (text_.substr(at_, end - at_) != word) {
            wrong("expected a value, found " + found());
            return std::nullopt;
        }
        at_ = end;
        return value;
    }

    std::optional<Value> read_number() {
        std::size_t end = at_;
        const auto belongs = [](char c) {
            return is_word_character(c) || c == '+' || c == '-' || c == '.';
        };
        while (end < text_.size() && belongs(text_[end]))
            ++end;
        const std::string_view token = text_.substr(at_, end - at_);
        const bool like_number =
            !token.empty() && (token[0] == '-' || token[0] == '+' || token[0] == '.' ||
                               (token[0] >= '0' && token[0] <= '9'));
        if (!like_number) {
            wrong("expected a value, found " + found());
            return std::nullopt;
        }
        std::optional<Value> number = parse_number(token);
        if (number) {
            at_ = end;
        } else {
            wrong(number_complaint(token));
        }
        return number;
    }

    static std::string number_complaint(std::string_view token) {
        constexpr std::size_t shown_max = 40;
        std::string message = "'" + std::string{token.substr(0, shown_max)};
        if (token.size() > shown_max) message += "…";
        message += "' is no JSON number";
        const std::string_view digits = token.substr(token[0] == '-' || token[0] == '+' ? 1 : 0);
        if (token[0] == '+') return message + ": remove the '+'";
        if (digits.starts_with('.')) return message + ": write 0 before the point";
        if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
            return message + ": remove the leading zeros";
        }
        const bool plain = digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
        if (plain && !digits.empty() && digits.find_first_of("eE") != std::string_view::npos) {
            return message + " within the range of a double";
        }
        return message;
    }

    /// At the opening quote.
    std::optional<std::string> read_string() {
        const std::size_t begin = at_++;
        std::string out;
        while (true) {
            std::size_t end = at_;
            while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' &&
                   static_cast<unsigned char>(text_[end]) >= 0x20) {
                ++end;
            }
            out.append(text_.substr(at_, end - at_));
            at_ = end;
            if (at_ == text_.size()) {
                at_ = begin;
                wrong("this string is not closed: expected '\"' before the end of the text");
                return std::nullopt;
            }
            if (text_[at_] == '"') {
                ++at_;
                return out;
            }
            if (text_[at_] != '\\') {
                wrong("a string may not contain " + found() + ": write it as \\u00" +
                      hex_byte(text_[at_]));
                return std::nullopt;
            }
            if (!read_escape(out)) return std::nullopt;
        }
    }

    /// At the backslash.
    bool read_escape(std::string& out) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (letter == 'u') return read_unicode_escape(out);
        const std::size_t known = letter == '\0' ? std::string_view::npos : letters.find(letter);
        if (known == std::string_view::npos) {
            ++at_;
            return wrong("expected one of \" \\ / b f n r t u after '\\', found " + found());
        }
        out.push_back(meanings[known]);
        at_ += 2;
        return true;
    }

    /// At the backslash of `\uXXXX`; joins surrogate pairs.
    bool read_unicode_escape(std::string& out) {
        const std::optional<char32_t> unit = hex_unit(at_);
        if (!unit) return wrong("expected four hexadecimal digits after '\\u'");
        at_ += 6;
        if (*unit >= 0xD800 && *unit <= 0xDBFF) {
            const std::optional<char32_t> low = hex_unit(at_);
            if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
                at_ += 6;
                append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
                return true;
            }
        }
        append_utf8(out, *unit);  // a lone surrogate becomes U+FFFD
        return true;
    }

    /// The four digits of a `\uXXXX` that begins at `begin`.
    std::optional<char32_t> hex_unit(std::size_t begin) const {
        if (text_.substr(begin, 2) != "\\u" || text_.size() - begin < 6) return std::nullopt;
        char32_t unit = 0;
        for (const char c : text_.substr(begin + 2, 4)) {
            unsigned digit = 0;
            if (c >= '0' && c <= '9') {
                digit = static_cast<unsigned>(c - '0');
            } else if (c >= 'a' && c <= 'f') {
                digit = static_cast<unsigned>(c - 'a' + 10);
            } else if (c >= 'A' && c <= 'F') {
                digit = static_cast<unsigned>(c - 'A' + 10);
            } else {
                return std::nullopt;
            }
            unit = unit * 16 + digit;
        }
        return unit;
    }

    // --- characters and errors

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\r' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    /// What stands at the current place, in words, with a hint when it is a usual mistake.
    std::string found() const {
        if (at_ == text_.size()) return "the end of the text";
        const char c = text_[at_];
        if (static_cast<unsigned char>(c) < 0x20) return "the control character 0x" + hex_byte(c);
        if (c == '\'') return "\"'\" (JSON strings stand in double quotes)";
        const std::string_view two = text_.substr(at_, 2);
        if (two == "//" || two == "/*") return "a comment, which JSON does not have";
        std::size_t end = at_;
        while (end < text_.size() && end - at_ < 20 && is_word_character(text_[end]))
            ++end;
        if (end > at_) return "'" + std::string{text_.substr(at_, end - at_)} + "'";
        // One whole code point; the text is known to be well-formed.
        do
            ++end;
        while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80);
        return "'" + std::string{text_.substr(at_, end - at_)} + "'";
    }

    bool wrong(std::string_view message, JsonErrc code = JsonErrc::syntax) {
        if (error_) return false;
        const TextPosition position = position_at(text_, at_);
        std::string placed = std::to_string(position.line) + ":" + std::to_string(position.column);
        error_ = Error{code, placed.append(": ").append(message)};
        return false;
    }

    std::string_view text_;
    const JsonLimits& limits_;
    std::size_t at_ = 0;
    std::vector<Container> open_;
    std::vector<Value> values_;
    std::vector<std::string> keys_;
    std::optional<Error> error_;
};

}  // namespace

TextPosition position_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return {lines + 1, before.size() - line_begin + 1};
}

std::string_view code_text(JsonErrc code) {
    switch (code) {
        case JsonErrc::syntax: return "syntax";
        case JsonErrc::limit: return "limit";
    }
    return "unknown";
}

Result<Value> parse_json(std::string_view text, const JsonLimits& limits) {
    return JsonReader{text, limits}.read();
}

}  // namespace millrace::core
