// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "json_text.hpp"
#include "millrace/core/number_text.hpp"
#include "numeric_text.hpp"
#include "utf16.hpp"

// JSON.parse: other than the readers of documents it makes JavaScript's values, in which every
// number is a double, whatever its size, and strings may hold halves of surrogate pairs.
namespace millrace::expr {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class JsonReader {
public:
    JsonReader(const Call& call, std::string_view text) : call_{call}, text_{text} {}

    Cell read() {
        const Cell cell = value(0);
        if (!cell.has_result()) return cell;
        skip_space();
        return at_ == text_.size() ? cell : unexpected();
    }

private:
    Cell value(std::size_t depth);
    Cell array(std::size_t depth);
    Cell object(std::size_t depth);
    Cell number();
    Cell string();
    bool append_escape(std::string& out);
    Cell word(std::string_view text, const Cell& cell);

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c || at_ == text_.size()) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    std::size_t take_digits() {
        const std::size_t start = at_;
        while (is_digit(peek()))
            ++at_;
        return at_ - start;
    }
    Cell unexpected() const {
        const std::string place = std::to_string(utf16_length(text_.substr(0, at_)));
        return call_.evaluator.fail("syntax_error", core::ErrorClass::expression,
                                    "`" + call_.evaluator.source_of(call_.node) +
                                        "`: the text is no JSON at position " + place);
    }

    const Call& call_;
    std::string_view text_;
    std::size_t at_ = 0;
};

Cell JsonReader::word(std::string_view text, const Cell& cell) {
    if (!text_.substr(at_).starts_with(text)) return unexpected();
    at_ += text.size();
    return cell;
}

Cell JsonReader::value(std::size_t depth) {
    if (depth > data_depth_max) return call_.evaluator.fail_depth(call_.node, "the JSON text");
    if (!call_.evaluator.charge(1)) return Evaluator::failed();
    skip_space();
    switch (peek()) {
        case '{': return object(depth);
        case '[': return array(depth);
        case '"': return string();
        case 't': return word("true", Cell::of(true));
        case 'f': return word("false", Cell::of(false));
        case 'n': return word("null", Cell::bare(Cell::Kind::null));
        default: return number();
    }
}

Cell JsonReader::array(std::size_t depth) {
    ++at_;
    ArrayMaker maker{call_.evaluator};
    skip_space();
    if (take(']')) return maker.finish();
    while (true) {
        const Cell element = value(depth + 1);
        if (!element.has_result() || !maker.push(element)) return Evaluator::failed();
        skip_space();
        if (take(']')) return maker.finish();
        if (!take(',')) return unexpected();
    }
}

Cell JsonReader::object(std::size_t depth) {
    ++at_;
    ObjectMaker maker{call_.evaluator};
    skip_space();
    if (take('}')) return maker.finish();
    while (true) {
        skip_space();
        if (peek() != '"') return unexpected();
        const Cell key = string();
        if (!key.has_result()) return key;
        skip_space();
        if (!take(':')) return unexpected();
        const Cell member = value(depth + 1);
        if (!member.has_result() || !maker.set(key.text(), member)) return Evaluator::failed();
        skip_space();
        if (take('}')) return maker.finish();
        if (!take(',')) return unexpected();
    }
}

Cell JsonReader::number() {
    const std::size_t start = at_;
    const bool negative = take('-');
    const std::size_t whole = at_;
    if (take_digits() == 0) return unexpected();
    if (text_[whole] == '0' && at_ - whole > 1) {
        at_ = whole + 1;
        return unexpected();
    }
    if (take('.') && take_digits() == 0) return unexpected();
    if (peek() == 'e' || peek() == 'E') {
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (take_digits() == 0) return unexpected();
    }
    const std::string_view digits = text_.substr(start + static_cast<std::size_t>(negative),
                                                 at_ - start - static_cast<std::size_t>(negative));
    if (!call_.evaluator.charge_scan(digits.size())) return Evaluator::failed();
    const double magnitude = parse_decimal(digits).value_or(0);
    return Cell::of(negative ? -magnitude : magnitude);
}

/// What follows a backslash.
bool JsonReader::append_escape(std::string& out) {
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t simple = names.find(peek());
        at_ < text_.size() && simple != std::string_view::npos) {
        ++at_;
        out.push_back(meanings[simple]);
        return true;
    }
    if (!take('u')) return false;
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i) {
        const unsigned digit = digit_value(peek());
        if (digit >= 16) return false;
        unit = unit * 16 + digit;
        ++at_;
    }
    std::string piece;
    append_code_point(piece, unit);
    append_wtf8(out, piece);
    return true;
}

Cell JsonReader::string() {
    const std::size_t start = ++at_;
    const auto is_plain = [](char c) {
        return c != '"' && c != '\\' && static_cast<std::uint8_t>(c) >= 0x20;
    };
    while (at_ < text_.size() && is_plain(text_[at_]))
        ++at_;
    // Mostly there are no escapes: then the text itself is the value.
    if (!call_.evaluator.charge_scan(at_ - start)) return Evaluator::failed();
    const std::string_view plain = text_.substr(start, at_ - start);
    if (take('"')) return Cell::of(plain);
    std::string out{plain};
    while (at_ < text_.size() && text_[at_] != '"') {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_plain(text_[at_]))
            ++at_;
        append_wtf8(out, text_.substr(begin, at_ - begin));
        if (at_ < text_.size() && text_[at_] == '"') break;
        if (!take('\\') || !append_escape(out)) return unexpected();
    }
    if (!take('"')) return unexpected();
    return call_.evaluator.text_cell(out);
}

/// JSON.parse's second argument: a function that may replace each value, the innermost first.
Cell revived(const Call& call, std::string_view key, const Cell& cell, std::size_t depth) {
    Evaluator& evaluator = call.evaluator;
    Cell value = cell;
    if (cell.is_container()) {
        const auto members = members_of(evaluator, cell);
        if (!members) return Evaluator::failed();
        ArrayMaker elements{evaluator};
        ObjectMaker object{evaluator};
        for (const CellMember& member : *members) {
            const Cell child = revived(call, member.key, member.cell, depth + 1);
            if (!child.has_result()) return child;
            const bool kept = cell.is_array() ? elements.push(child)
                                              : child.kind == Cell::Kind::undefined ||
                                                    object.set(member.key, child);
            if (!kept) return Evaluator::failed();
        }
        value = cell.is_array() ? elements.finish() : object.finish();
    }
    const std::array arguments{Cell::of(key), value};
    return evaluator.call(call.argument(1), arguments, call.node);
}

}  // namespace

Cell json_parse(Call& call) {
    const auto text = call.text(0);
    if (!text) return Evaluator::failed();
    const Cell cell = JsonReader{call, *text}.read();
    if (!cell.has_result() || !call.argument(1).is_function()) return cell;
    return revived(call, {}, cell, 0);
}

}  // namespace millrace::expr
