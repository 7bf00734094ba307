// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "millrace/core/problem.hpp"

namespace millrace::expr {

namespace {

using Names = std::string_view;

// Each list is sorted.
constexpr auto word_constructs =
    std::to_array<Names>({"async", "await", "class", "delete", "function", "import", "in",
                          "instanceof", "new", "super", "this", "typeof", "void", "yield"});

constexpr auto statement_words = std::to_array<Names>(
    {"break",  "case",   "catch",  "const",   "continue", "debugger", "default", "do",
     "else",   "enum",   "export", "extends", "finally",  "for",      "if",      "let",
     "return", "static", "switch", "throw",   "try",      "var",      "while",   "with"});

constexpr auto globals = std::to_array<Names>({"Array",
                                               "ArrayBuffer",
                                               "BigInt",
                                               "Boolean",
                                               "DataView",
                                               "Date",
                                               "Error",
                                               "Function",
                                               "Intl",
                                               "Iterator",
                                               "JSON",
                                               "Map",
                                               "Math",
                                               "Number",
                                               "Object",
                                               "Promise",
                                               "Proxy",
                                               "RangeError",
                                               "Reflect",
                                               "RegExp",
                                               "Set",
                                               "String",
                                               "Symbol",
                                               "TypeError",
                                               "Uint8Array",
                                               "WeakMap",
                                               "WeakSet",
                                               "arguments",
                                               "console",
                                               "decodeURI",
                                               "decodeURIComponent",
                                               "encodeURI",
                                               "encodeURIComponent",
                                               "escape",
                                               "eval",
                                               "globalThis",
                                               "isFinite",
                                               "isNaN",
                                               "parseFloat",
                                               "parseInt",
                                               "structuredClone",
                                               "unescape"});

constexpr auto of_object = std::to_array<Names>(
    {"__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__",
     "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString",
     "toString", "valueOf"});

constexpr auto of_string = std::to_array<Names>({"anchor",
                                                 "at",
                                                 "big",
                                                 "blink",
                                                 "bold",
                                                 "charAt",
                                                 "charCodeAt",
                                                 "codePointAt",
                                                 "concat",
                                                 "endsWith",
                                                 "fixed",
                                                 "fontcolor",
                                                 "fontsize",
                                                 "includes",
                                                 "indexOf",
                                                 "isWellFormed",
                                                 "italics",
                                                 "lastIndexOf",
                                                 "link",
                                                 "localeCompare",
                                                 "match",
                                                 "matchAll",
                                                 "normalize",
                                                 "padEnd",
                                                 "padStart",
                                                 "repeat",
                                                 "replace",
                                                 "replaceAll",
                                                 "search",
                                                 "slice",
                                                 "small",
                                                 "split",
                                                 "startsWith",
                                                 "strike",
                                                 "sub",
                                                 "substr",
                                                 "substring",
                                                 "sup",
                                                 "toLocaleLowerCase",
                                                 "toLocaleUpperCase",
                                                 "toLowerCase",
                                                 "toUpperCase",
                                                 "toWellFormed",
                                                 "trim",
                                                 "trimEnd",
                                                 "trimLeft",
                                                 "trimRight",
                                                 "trimStart"});

constexpr auto of_array = std::to_array<Names>(
    {"at",          "concat",   "copyWithin", "entries",  "every",         "fill",
     "filter",      "find",     "findIndex",  "findLast", "findLastIndex", "flat",
     "flatMap",     "forEach",  "includes",   "indexOf",  "join",          "keys",
     "lastIndexOf", "map",      "pop",        "push",     "reduce",        "reduceRight",
     "reverse",     "shift",    "slice",      "some",     "sort",          "splice",
     "toReversed",  "toSorted", "toSpliced",  "unshift",  "values",        "with"});

constexpr auto of_bytes = std::to_array<Names>({"BYTES_PER_ELEMENT",
                                                "at",
                                                "buffer",
                                                "byteLength",
                                                "byteOffset",
                                                "copyWithin",
                                                "entries",
                                                "every",
                                                "fill",
                                                "filter",
                                                "find",
                                                "findIndex",
                                                "findLast",
                                                "findLastIndex",
                                                "forEach",
                                                "includes",
                                                "indexOf",
                                                "join",
                                                "keys",
                                                "lastIndexOf",
                                                "map",
                                                "reduce",
                                                "reduceRight",
                                                "reverse",
                                                "set",
                                                "slice",
                                                "some",
                                                "sort",
                                                "subarray",
                                                "toReversed",
                                                "toSorted",
                                                "values",
                                                "with"});

constexpr auto of_number = std::to_array<Names>({"toExponential", "toFixed", "toPrecision"});

static_assert(std::ranges::is_sorted(word_constructs) && std::ranges::is_sorted(statement_words));
static_assert(std::ranges::is_sorted(globals) && std::ranges::is_sorted(of_object));
static_assert(std::ranges::is_sorted(of_string) && std::ranges::is_sorted(of_array));
static_assert(std::ranges::is_sorted(of_bytes) && std::ranges::is_sorted(of_number));

bool has(const auto& names, std::string_view name) {
    return std::ranges::binary_search(names, name);
}

std::vector<std::string_view> names_in(RootSet allowed) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < root_count; ++i) {
        const auto root = static_cast<Root>(i);
        // Helpers are everywhere and not worth a line in each message.
        if (allowed.contains(root) && root != Root::uuid) names.push_back(to_text(root));
    }
    return names;
}

std::string listed(RootSet allowed) {
    std::string text;
    for (const std::string_view name : names_in(allowed)) {
        text.append(text.empty() ? "" : ", ").append(name);
        if (name == "now") text.append("()");
    }
    return text.empty() ? "no names exist here" : "here are: " + text;
}

}  // namespace

CompileError explain_name(std::string_view name, std::size_t offset, RootSet allowed) {
    const std::string quoted = "`" + std::string{name} + "`";
    if (has(globals, name) || has(word_constructs, name)) {
        CompileError error = needs_sandbox(offset, quoted).error();
        if (name == "Date" || name == "new")
            error.message += "; the time is `now()`, and dates are made by `$date`";
        return error;
    }
    if (has(statement_words, name)) {
        return {ExprErrc::syntax, offset,
                quoted +
                    " begins a statement, and only an expression can stand here; "
                    "write a condition as `a ? b : c`"};
    }
    if (parse_root(name)) {
        return {ExprErrc::not_allowed, offset,
                quoted + " does not exist at this place; " + listed(allowed)};
    }
    const std::string suggestion = core::nearest(name, names_in(allowed));
    const std::string remedy =
        suggestion.empty() ? listed(allowed) : "did you mean `" + suggestion + "`?";
    return {ExprErrc::unknown_name, offset, "unknown name " + quoted + "; " + remedy};
}

bool is_reserved(std::string_view word) {
    return word == "true" || word == "false" || word == "null" || has(word_constructs, word) ||
           has(statement_words, word);
}

bool is_word_construct(std::string_view word) {
    return has(word_constructs, word);
}

bool is_inherited_by_all(std::string_view name) {
    return has(of_object, name);
}

bool is_inherited(Cell::Kind kind, std::string_view name) {
    if (has(of_object, name)) return true;
    switch (kind) {
        case Cell::Kind::string: return has(of_string, name);
        case Cell::Kind::number: return has(of_number, name);
        case Cell::Kind::array:
        case Cell::Kind::literal_array: return has(of_array, name);
        case Cell::Kind::bytes: return has(of_bytes, name);
        case Cell::Kind::undefined:
        case Cell::Kind::null:
        case Cell::Kind::boolean:
        case Cell::Kind::bigint:
        case Cell::Kind::object:
        case Cell::Kind::literal_object:
        case Cell::Kind::function:
        case Cell::Kind::builtin:
        case Cell::Kind::failed:
        case Cell::Kind::cut: return false;
    }
    return false;
}

}  // namespace millrace::expr
