// SPDX-License-Identifier: Apache-2.0
#include "field.hpp"

#include <algorithm>

#include "parser.hpp"
#include "secret_use.hpp"
#include "utf16.hpp"

namespace millrace::expr {

std::size_t find_braces(std::string_view source, std::size_t offset) {
    return source.find("{{", offset);
}

std::expected<std::size_t, CompileError> compile_braces(Program& program, std::string_view source,
                                                        std::size_t offset,
                                                        const RootSet& allowed) {
    const std::size_t nodes = program.nodes.size();
    const std::size_t text = program.text.size();
    const auto end = parse(program, source, offset + 2, true, allowed);
    if (end && allowed.contains(Root::secrets)) {
        if (auto misuse = find_secret_misuse(program, nodes)) {
            misuse->offset = misuse->offset - text + offset + 2;
            return std::unexpected{*std::move(misuse)};
        }
    }
    if (end && source.substr(*end).starts_with("}}")) return *end + 2;
    if (end && *end < source.size()) {
        return refuse(ExprErrc::syntax, *end, "unexpected \"}\"; write \"}}\" to end the template");
    }
    // What is wrong at the very end is most likely that it should not have gone that far.
    const bool at_end =
        end || (end.error().code == ExprErrc::syntax && end.error().offset >= source.size());
    if (!at_end) return std::unexpected{end.error()};
    return refuse(ExprErrc::syntax, offset,
                  "\"{{\" is never closed; add \"}}\", or write \"\\{{\" for two literal braces");
}

std::expected<void, CompileError> compile_field(Program& program, std::string_view source,
                                                const RootSet& allowed) {
    if (!is_utf8(source)) return refuse(ExprErrc::syntax, 0, "the text is not valid UTF-8");
    const std::string_view trimmed = trim_js_space(source);
    if (!trimmed.starts_with("{{")) {
        const auto end = parse(program, source, 0, false, allowed);
        if (!end) return std::unexpected{end.error()};
        return {};
    }
    const auto begin = static_cast<std::size_t>(trimmed.data() - source.data());
    const auto end = compile_braces(program, source, begin, allowed);
    if (!end) return std::unexpected{end.error()};
    const std::string_view rest = source.substr(*end);
    if (trim_js_space(rest).empty()) return {};
    const auto skipped = static_cast<std::size_t>(trim_js_space(rest).data() - rest.data());
    return refuse(ExprErrc::syntax, *end + skipped,
                  "text follows \"}}\", but this field takes one expression; remove the text, "
                  "or write it all as one expression");
}

}  // namespace millrace::expr
