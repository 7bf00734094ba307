// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "path_parser.hpp"

namespace millrace::expr {

namespace {

struct Signature {
    std::string_view name;
    PathFunction function;
    std::size_t arguments;
    bool takes_nodes;  ///< a query of any kind; else values
};

constexpr std::array<Signature, 5> signatures{{
    {"length", PathFunction::length, 1, false},
    {"count", PathFunction::count, 1, true},
    {"match", PathFunction::match, 2, false},
    {"search", PathFunction::search, 2, false},
    {"value", PathFunction::value, 1, true},
}};

const Signature& signature_of(PathFunction function) {
    return signatures[static_cast<std::size_t>(function)];
}

}  // namespace

bool is_logical(PathFunction function) {
    return function == PathFunction::match || function == PathFunction::search;
}

PathParser::Parsed<PathTerm> PathParser::term() {
    PathTerm term;
    const char next = reader_.peek();
    if (next == '@' || next == '$') {
        Parsed<PathQuery> inner = query();
        if (!inner) return std::unexpected{inner.error()};
        program_.queries.push_back(*std::move(inner));
        term.kind = PathTerm::Kind::query;
        term.index = static_cast<PathIndex>(program_.queries.size() - 1);
        return term;
    }
    if (next == '\'' || next == '"') {
        const Parsed<std::string> text = reader_.text();
        if (!text) return std::unexpected{text.error()};
        term.literal = *text;
        return term;
    }
    if (next == '-' || reader_.at_digit()) {
        Parsed<core::Value> number = reader_.number();
        if (!number) return std::unexpected{number.error()};
        term.literal = *std::move(number);
        return term;
    }
    return word_term();
}

PathParser::Parsed<PathTerm> PathParser::word_term() {
    const std::size_t begin = reader_.at();
    const std::string_view word = reader_.word();
    PathTerm term;
    if (!word.empty() && reader_.peek() == '(') return call(word, begin);
    if (word == "null") return term;
    if (word == "true" || word == "false") {
        term.literal = word == "true";
        return term;
    }
    reader_.go_to(begin);
    return unexpected(
        "a path that begins with \"@\" or \"$\", a string, a number, true, false, null or a "
        "function");
}

PathParser::Parsed<PathTerm> PathParser::call(std::string_view name, std::size_t begin) {
    const Signature* known = nullptr;
    for (const Signature& signature : signatures) {
        if (signature.name == name) known = &signature;
    }
    if (known == nullptr) {
        return refuse(ExprErrc::syntax, begin,
                      "there is no function " + std::string{name} +
                          "; there are length, count, match, search and value");
    }
    if (auto ok = enter(); !ok) return std::unexpected{ok.error()};
    PathCall call;
    call.function = known->function;
    reader_.take("(");
    reader_.skip_blanks();
    std::size_t last = reader_.at();
    while (reader_.peek() != ')' || !call.arguments.empty()) {
        last = reader_.at();
        Parsed<PathTerm> argument = term();
        if (!argument) return std::unexpected{argument.error()};
        if (auto ok = check_argument(call, *argument, last); !ok) {
            return std::unexpected{ok.error()};
        }
        call.arguments.push_back(*std::move(argument));
        reader_.skip_blanks();
        if (!reader_.take(",")) break;
        reader_.skip_blanks();
    }
    if (!reader_.take(")")) return unexpected("\",\" or \")\"");
    if (call.arguments.size() != known->arguments) {
        return refuse(ExprErrc::syntax, begin,
                      std::string{name} + " takes " + std::to_string(known->arguments) +
                          (known->arguments == 1 ? " argument" : " arguments") + ", found " +
                          std::to_string(call.arguments.size()));
    }
    if (auto ok = compile_pattern(call, last); !ok) return std::unexpected{ok.error()};
    leave();
    program_.calls.push_back(std::move(call));
    PathTerm term;
    term.kind = PathTerm::Kind::call;
    term.index = static_cast<PathIndex>(program_.calls.size() - 1);
    return term;
}

PathParser::Parsed<void> PathParser::check_argument(const PathCall& call, const PathTerm& term,
                                                    std::size_t begin) const {
    const Signature& signature = signature_of(call.function);
    if (signature.takes_nodes) {
        if (term.kind == PathTerm::Kind::query) return {};
        return refuse(ExprErrc::syntax, begin, std::string{signature.name} + " takes a path");
    }
    if (term.kind == PathTerm::Kind::query && !program_.queries[term.index].singular) {
        return refuse(ExprErrc::syntax, begin,
                      std::string{signature.name} +
                          " takes one value: a path of names and indexes, or value(…)");
    }
    if (term.kind == PathTerm::Kind::call && is_logical(program_.calls[term.index].function)) {
        return refuse(ExprErrc::syntax, begin,
                      std::string{signature.name} + " takes a value, not a test");
    }
    return {};
}

PathParser::Parsed<void> PathParser::compile_pattern(PathCall& call, std::size_t begin) const {
    if (!is_logical(call.function)) return {};
    const PathTerm& argument = call.arguments[1];
    if (argument.kind != PathTerm::Kind::literal || !argument.literal.is_string()) return {};
    auto pattern = Pattern::compile(argument.literal.as_string());
    if (!pattern) {
        return refuse(pattern.error().code, begin,
                      "the pattern, character " + std::to_string(pattern.error().character) + ": " +
                          pattern.error().message);
    }
    call.pattern = *std::move(pattern);
    return {};
}

}  // namespace millrace::expr
