// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_expressions.hpp"

#include <set>
#include <string_view>
#include <vector>

#include "terminal/styled.hpp"
#include "test_kit/value_diff.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using expr::Root;

constexpr std::uint64_t fuel_max = 50'000'000;

const Value* member(const Value* value, const std::string& key) {
    return value == nullptr || key.empty() ? value : value->find(key);
}

const Value* operand_of(const expr::Reference& reference, const Value& roots) {
    return member(member(roots.find(expr::to_text(reference.root)), reference.first),
                  reference.second);
}

bool is_name_begin(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

bool is_name_part(char c) {
    return is_name_begin(c) || (c >= '0' && c <= '9');
}

std::string_view name_at(std::string_view source, std::size_t at) {
    std::size_t end = at;
    while (end < source.size() && is_name_part(source[end]))
        ++end;
    return source.substr(at, end - at);
}

/// What stands at a place of an expression, as far as it is a plain path: `value.lines[0].sku`.
struct Read {
    std::string path;
    std::string value;
};

std::string read_text(const Value& value) {
    constexpr std::size_t shown_max = 60;
    return clipped(value_brief(value), shown_max);
}

/// Follows the path that begins with a root at `at`; where the rest is a method, it stays out.
Read follow(std::string_view source, std::size_t at, const Value& root) {
    const std::string_view name = name_at(source, at);
    Read read{std::string{name}, {}};
    const Value* value = &root;
    for (std::size_t next = at + name.size(); next + 1 < source.size();) {
        const bool is_index = source[next] == '[';
        if (!is_index && source[next] != '.') break;
        const std::string_view key = name_at(source, next + 1);
        const Value* member = nullptr;
        if (is_index && value->is_array() && !key.empty() && key.size() < 8 &&
            next + 1 + key.size() < source.size() && source[next + 1 + key.size()] == ']') {
            std::size_t index = 0;
            for (const char c : key)
                index = index * 10 + static_cast<std::size_t>(c - '0');
            if (!is_name_begin(key.front()) && index < value->size())
                member = &value->as_array()[index];
        } else if (!is_index) {
            member = value->find(key);
        }
        if (member == nullptr) {
            if (is_index || key != "length" || !value->is_array()) break;
            return {read.path + ".length", std::to_string(value->size())};
        }
        const std::size_t size = key.size() + (is_index ? 2 : 1);
        read.path += source.substr(next, size);
        value = member;
        next += size;
    }
    read.value = read_text(*value);
    return read;
}

std::vector<Read> reads_of(std::string_view source, const Value& roots) {
    std::vector<Read> reads;
    char quote = 0;
    for (std::size_t at = 0; at < source.size(); ++at) {
        const char c = source[at];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'' || c == '`') {
            quote = c;
        } else if (is_name_part(c)) {
            const std::string_view name = name_at(source, at);
            const bool is_member = at > 0 && source[at - 1] == '.';
            const Value* const root = is_member ? nullptr : roots.find(name);
            if (root != nullptr) reads.push_back(follow(source, at, *root));
            at += name.size() - 1;
        }
    }
    return reads;
}

}  // namespace

core::Result<expr::Expression> compile_mock_expression(const std::string& source,
                                                       const expr::Host* host) {
    return expr::Expression::compile(source, {Root::input, Root::value, Root::index}, host);
}

core::Result<expr::Expression> compile_assertion(const std::string& source,
                                                 const expr::Host* host) {
    return expr::Expression::compile(
        source, {Root::value, Root::error, Root::nodes, Root::inputs, Root::vars, Root::execution},
        host);
}

std::expected<expr::Operand, core::Failure> evaluate(const expr::Expression& expression,
                                                     const Value& roots) {
    std::vector<expr::Operand> operands;
    for (const expr::Reference& reference : expression.references()) {
        const Value* const value = operand_of(reference, roots);
        operands.push_back(value == nullptr ? expr::Operand{{}, true} : expr::Operand{*value});
    }
    expr::Fuel fuel{fuel_max};
    return expr::evaluate(expression, operands, fuel);
}

std::string operands_text(const expr::Expression& expression, const Value& roots) {
    std::string text;
    std::set<std::string> told;
    for (const Read& read : reads_of(expression.source(), roots)) {
        if (!told.insert(read.path).second) continue;
        text += (text.empty() ? "" : "; ") + read.path + " is " + read.value;
    }
    return text;
}

}  // namespace millrace::cli
