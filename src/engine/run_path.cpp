// SPDX-License-Identifier: Apache-2.0
#include "run_path.hpp"

#include <charconv>

namespace millrace::engine {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<PathStep> parse_step(std::string_view text) {
    PathStep step;
    if (const std::size_t open = text.find('['); open != std::string_view::npos) {
        if (!text.ends_with(']')) return std::nullopt;
        step.index = number(text.substr(open + 1, text.size() - open - 2));
        if (!step.index) return std::nullopt;
        text = text.substr(0, open);
    }
    if (const std::size_t mark = text.find('#'); mark != std::string_view::npos) {
        const auto attempt = number(text.substr(mark + 1));
        if (!attempt || *attempt == 0) return std::nullopt;
        step.attempt = *attempt;
        text = text.substr(0, mark);
    }
    if (text.empty()) return std::nullopt;
    step.node = text;
    return step;
}

}  // namespace

std::optional<RunPath> parse_path(std::string_view text) {
    RunPath path;
    while (true) {
        const std::size_t dot = text.find('.');
        auto step = parse_step(text.substr(0, dot));
        if (!step) return std::nullopt;
        path.push_back(*std::move(step));
        if (dot == std::string_view::npos) break;
        text.remove_prefix(dot + 1);
    }
    // A run is no iteration.
    if (path.back().index || path.back().attempt != 1) return std::nullopt;
    return path;
}

std::string path_text(const RunPath& path, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += '.';
        text += path[i].node;
        if (path[i].index && i + 1 < count) text += "[" + std::to_string(*path[i].index) + "]";
    }
    return text;
}

}  // namespace millrace::engine
