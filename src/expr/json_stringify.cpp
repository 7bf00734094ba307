// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "json_text.hpp"
#include "millrace/core/number_text.hpp"
#include "text_units.hpp"
#include "utf16.hpp"

// JSON.stringify, ECMAScript section 25.5.2.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

class JsonWriter {
public:
    explicit JsonWriter(const Call& call) : call_{call} {}

    /// Reads the second and the third argument.
    bool prepare();
    /// Undefined for what has no JSON.
    Cell write(const Cell& cell);

private:
    enum class Wrote : std::uint8_t { text, nothing, failed };

    bool read_keys(const Cell& list);
    bool read_indent();
    std::optional<Cell> prepared(std::string_view key, Cell cell);
    Wrote append(std::string_view key, const Cell& cell, std::size_t depth);
    Wrote append_array(const Cell& array, std::size_t depth);
    Wrote append_object(const Cell& object, std::size_t depth);
    Wrote append_member(std::string_view key, const Cell& cell, std::size_t depth, bool& first);
    bool append_break(std::size_t depth);
    bool append_quoted(std::string_view text);
    bool put(std::string_view text) {
        if (!call_.evaluator.charge(text.size())) return false;
        out_.append(text);
        return true;
    }
    Wrote done(std::string_view text) { return put(text) ? Wrote::text : Wrote::failed; }

    const Call& call_;
    std::string out_;
    std::string indent_;
    bool has_keys_ = false;
    std::vector<std::string_view> keys_;
    Cell replacer_;
};

bool JsonWriter::read_keys(const Cell& list) {
    has_keys_ = true;
    for (std::size_t i = 0; i < array_size(list); ++i) {
        const Cell element = array_element(list, i);
        if (!call_.evaluator.charge(1 + keys_.size() / 8)) return false;
        if (!element.is_string() && element.kind != Kind::number) continue;
        const Cell key = call_.evaluator.to_text(element, call_.node);
        if (!key.has_result()) return false;
        if (std::ranges::find(keys_, key.text()) == keys_.end()) keys_.push_back(key.text());
    }
    return true;
}

bool JsonWriter::read_indent() {
    constexpr std::size_t indent_max = 10;
    const Cell space = call_.argument(2);
    if (space.kind == Kind::number) {
        const auto count = call_.integer(2);
        if (!count) return false;
        indent_.assign(clamped_position(*count, indent_max), ' ');
    } else if (space.is_string()) {
        const TextUnits units{space.text()};
        units.append_slice(indent_, 0, std::min(units.size(), indent_max));
    }
    return true;
}

bool JsonWriter::prepare() {
    replacer_ = call_.argument(1);
    const bool is_list = replacer_.kind == Kind::array || replacer_.kind == Kind::literal_array;
    if (is_list && !read_keys(replacer_)) return false;
    return read_indent();
}

bool JsonWriter::append_quoted(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    static constexpr std::string_view special = "\"\\\b\f\n\r\t";
    static constexpr std::string_view names = "\"\\bfnrt";
    if (!call_.evaluator.charge(text.size() + 2)) return false;
    const auto append_unit = [&](char32_t unit) {
        out_.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4)
            out_.push_back(digits[unit >> shift & 15]);
    };
    const bool has_halves = has_lone_surrogate(text);
    out_.push_back('"');
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (const std::size_t known = special.find(c); known != std::string_view::npos) {
            out_.append({'\\', names[known]});
        } else if (static_cast<std::uint8_t>(c) < 0x20) {
            append_unit(static_cast<std::uint8_t>(c));
        } else if (has_halves && c == '\xED' && static_cast<std::uint8_t>(text[i + 1]) >= 0xA0) {
            append_unit(decode_first(text.substr(i)).code_point);
            i += 2;
        } else {
            out_.push_back(c);
        }
    }
    out_.push_back('"');
    return true;
}

/// After toJSON and the replacer. Nothing after a failure.
std::optional<Cell> JsonWriter::prepared(std::string_view key, Cell cell) {
    Evaluator& evaluator = call_.evaluator;
    if (cell.kind == Kind::literal_object) {
        const auto own = evaluator.own_property(cell, "toJSON");
        if (own && !own->has_result()) return std::nullopt;
        if (own && own->is_function()) {
            const std::array arguments{Cell::of(key)};
            cell = evaluator.call(*own, arguments, call_.node);
            if (!cell.has_result()) return std::nullopt;
        }
    }
    if (replacer_.is_function()) {
        const std::array arguments{Cell::of(key), cell};
        cell = evaluator.call(replacer_, arguments, call_.node);
        if (!cell.has_result()) return std::nullopt;
    }
    return cell;
}

JsonWriter::Wrote JsonWriter::append(std::string_view key, const Cell& given, std::size_t depth) {
    if (depth > data_depth_max) {
        call_.evaluator.fail_depth(call_.node, "the value");
        return Wrote::failed;
    }
    const std::optional<Cell> cell = prepared(key, given);
    if (!cell) return Wrote::failed;
    switch (cell->kind) {
        case Kind::null: return done("null");
        case Kind::boolean: return done(cell->boolean ? "true" : "false");
        case Kind::number:
            return done(std::isfinite(cell->number) ? core::number_text(cell->number) : "null");
        case Kind::bigint:
            call_.fail_type("a BigInt has no JSON; convert it with String()");
            return Wrote::failed;
        case Kind::string: return append_quoted(cell->text()) ? Wrote::text : Wrote::failed;
        case Kind::array:
        case Kind::literal_array: return append_array(*cell, depth);
        case Kind::bytes:
        case Kind::object:
        case Kind::literal_object: return append_object(*cell, depth);
        case Kind::undefined:
        case Kind::function:
        case Kind::builtin: return Wrote::nothing;
        case Kind::failed:
        case Kind::cut: break;
    }
    return Wrote::failed;
}

bool JsonWriter::append_break(std::size_t depth) {
    if (indent_.empty()) return true;
    if (!call_.evaluator.charge(depth * indent_.size() + 1)) return false;
    out_.push_back('\n');
    for (std::size_t i = 0; i < depth; ++i)
        out_.append(indent_);
    return true;
}

JsonWriter::Wrote JsonWriter::append_array(const Cell& array, std::size_t depth) {
    const std::size_t size = array_size(array);
    if (size == 0) return done("[]");
    if (!put("[")) return Wrote::failed;
    for (std::size_t i = 0; i < size; ++i) {
        if ((i > 0 && !put(",")) || !append_break(depth + 1)) return Wrote::failed;
        std::string_view key;
        if (replacer_.is_function() || array_element(array, i).kind == Kind::literal_object) {
            key = call_.evaluator.keep_text(core::number_text(static_cast<std::int64_t>(i)));
        }
        const Wrote wrote = append(key, array_element(array, i), depth + 1);
        if (wrote == Wrote::failed) return wrote;
        if (wrote == Wrote::nothing && !put("null")) return Wrote::failed;
    }
    return append_break(depth) ? done("]") : Wrote::failed;
}

// The key is taken back where there is no value.
JsonWriter::Wrote JsonWriter::append_member(std::string_view key, const Cell& cell,
                                            std::size_t depth, bool& first) {
    const std::size_t before = out_.size();
    if ((!first && !put(",")) || !append_break(depth) || !append_quoted(key) ||
        !put(indent_.empty() ? ":" : ": "))
        return Wrote::failed;
    const Wrote wrote = append(key, cell, depth);
    if (wrote == Wrote::text) first = false;
    if (wrote == Wrote::nothing) out_.resize(before);
    return wrote;
}

JsonWriter::Wrote JsonWriter::append_object(const Cell& object, std::size_t depth) {
    if (!put("{")) return Wrote::failed;
    bool first = true;
    if (has_keys_) {
        for (const std::string_view key : keys_) {
            const auto own = call_.evaluator.own_property(object, key);
            if (own && append_member(key, *own, depth + 1, first) == Wrote::failed)
                return Wrote::failed;
        }
    } else {
        const auto members = members_of(call_.evaluator, object);
        if (!members) return Wrote::failed;
        for (const CellMember& member : *members) {
            if (append_member(member.key, member.cell, depth + 1, first) == Wrote::failed)
                return Wrote::failed;
        }
    }
    if (!first && !append_break(depth)) return Wrote::failed;
    return done("}");
}

Cell JsonWriter::write(const Cell& cell) {
    const Wrote wrote = append({}, cell, 0);
    if (wrote == Wrote::failed) return Evaluator::failed();
    if (wrote == Wrote::nothing) return Cell{};
    return Cell::of(call_.evaluator.keep_text(out_));
}

constexpr auto table = std::to_array<Builtin>({
    {"JSON", "parse", &json_parse, "text, reviver?"},
    {"JSON", "stringify", &json_stringify, "value, replacer?, indent?"},
});

}  // namespace

Cell json_stringify(Call& call) {
    JsonWriter writer{call};
    return writer.prepare() ? writer.write(call.argument(0)) : Evaluator::failed();
}

std::span<const Builtin> json_builtins() {
    return table;
}

}  // namespace millrace::expr
