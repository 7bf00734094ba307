// SPDX-License-Identifier: Apache-2.0
#include "token_reader.hpp"

#include <algorithm>
#include <array>

#include "names.hpp"

namespace millrace::expr {

namespace {

using Kind = Token::Kind;

struct Construct {
    std::string_view punctuator;
    std::string_view name;
};

// JavaScript beyond the native subset, as it shows where an operator is expected.
constexpr auto constructs = std::to_array<Construct>({{"=", "an assignment"},
                                                      {"+=", "an assignment"},
                                                      {"-=", "an assignment"},
                                                      {"*=", "an assignment"},
                                                      {"/=", "an assignment"},
                                                      {"%=", "an assignment"},
                                                      {"**=", "an assignment"},
                                                      {"&=", "an assignment"},
                                                      {"|=", "an assignment"},
                                                      {"^=", "an assignment"},
                                                      {"<<=", "an assignment"},
                                                      {">>=", "an assignment"},
                                                      {">>>=", "an assignment"},
                                                      {"&&=", "an assignment"},
                                                      {"||=", "an assignment"},
                                                      {"?\?=", "an assignment"},
                                                      {"++", "`++`"},
                                                      {"--", "`--`"},
                                                      {",", "the comma operator"}});

}  // namespace

std::optional<std::string> TokenReader::static_step() {
    const std::size_t start = at_;
    const bool optional = take("?.");
    if (optional || take(".")) {
        if (peek().kind == Kind::identifier) return next().text;
        if (!optional) {
            at_ = start;
            return std::nullopt;
        }
    }
    const Token& key = peek(1);
    const bool text = key.kind == Kind::string || (key.kind == Kind::template_start && !key.more);
    if (!peek().is("[") || !text || !peek(2).is("]")) {
        at_ = start;
        return std::nullopt;
    }
    at_ += 3;
    return key.text;
}

void TokenReader::skip_balanced() {
    std::size_t depth = 0;
    do {
        const Token& token = next();
        if (token.kind == Kind::end) return;
        if (token.is("(") || token.is("[") || token.is("{")) ++depth;
        if (token.is(")") || token.is("]") || token.is("}")) --depth;
    } while (depth > 0);
}

std::pair<std::uint32_t, bool> TokenReader::count_parameters() const {
    TokenReader ahead{*this};
    ahead.skip();
    std::uint32_t count = 0;
    while (!ahead.peek().is(")") && ahead.peek().kind != Kind::end) {
        if (ahead.peek().is("...")) return {count, true};
        ++count;
        while (!ahead.peek().is(",") && !ahead.peek().is(")") && ahead.peek().kind != Kind::end)
            ahead.skip_balanced();
        ahead.take(",");
    }
    return {count, false};
}

bool TokenReader::is_arrow_function() const {
    std::size_t depth = 0;
    for (std::size_t i = at_; i < tokens_.size(); ++i) {
        if (tokens_[i].is("(")) ++depth;
        if (tokens_[i].is(")") && --depth == 0) {
            return i + 1 < tokens_.size() && tokens_[i + 1].is("=>");
        }
    }
    return false;
}

CompileError TokenReader::unexpected() const {
    const Token& token = peek();
    const bool after_operand =
        at_ > 0 && (tokens_[at_ - 1].kind != Kind::punctuator || tokens_[at_ - 1].is(")") ||
                    tokens_[at_ - 1].is("]") || tokens_[at_ - 1].is("}"));
    const auto* construct = std::ranges::find(constructs, token.text, &Construct::punctuator);
    if (token.kind == Kind::punctuator) {
        if (token.is("...")) {
            return {ExprErrc::syntax, token.begin,
                    "`...` spreads within [ ], { } or the arguments of a call; put it there"};
        }
        if (token.is("=>")) {
            return {ExprErrc::syntax, token.begin,
                    "a function can't begin here; put parentheses around it"};
        }
        if (token.is("++") || token.is("--")) {
            return needs_sandbox(token.begin, "`" + token.text + "`").error();
        }
        if (after_operand && construct != constructs.end()) {
            return needs_sandbox(token.begin, construct->name).error();
        }
        if (token.is(";")) {
            return {ExprErrc::syntax, token.begin,
                    "unexpected \";\"; this is one expression, not statements"};
        }
    }
    if (token.kind == Kind::template_start && after_operand) {
        return needs_sandbox(token.begin, "a tagged template").error();
    }
    if (token.kind == Kind::identifier && is_word_construct(token.text)) {
        return needs_sandbox(token.begin, "`" + token.text + "`").error();
    }
    if (token.kind == Kind::end) {
        return {ExprErrc::syntax, token.begin, "the expression ends where more must follow"};
    }
    std::string message = token.kind == Kind::string ? "unexpected string" : "unexpected \"";
    if (token.kind == Kind::template_start || token.kind == Kind::template_next) {
        message = "unexpected template literal";
    } else if (token.kind == Kind::number || token.kind == Kind::bigint) {
        message = "unexpected number";
    } else if (token.kind != Kind::string) {
        message += token.text + "\"";
    }
    return {ExprErrc::syntax, token.begin,
            message + (after_operand ? "; an operator belongs before it" : "")};
}

}  // namespace millrace::expr
