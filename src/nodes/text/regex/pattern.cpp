// SPDX-License-Identifier: Apache-2.0
#include "text/regex/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace millrace::nodes {
namespace {

constexpr std::size_t pattern_bytes_max = 10'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The byte after the character at `at`.
std::size_t after_character(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u)
        ++at;
    return at;
}

}  // namespace

std::expected<Pattern, std::string> Pattern::compile(std::string_view source,
                                                     std::string_view flags) {
    if (source.size() > pattern_bytes_max) {
        return std::unexpected{"the pattern has " + std::to_string(source.size()) +
                               " bytes, and at most " + std::to_string(pattern_bytes_max) +
                               " are taken"};
    }
    RE2::Options options;
    options.set_log_errors(false);
    std::string inline_flags;
    for (const char flag : flags) {
        if (flag != 'i' && flag != 'm' && flag != 's') {
            return std::unexpected{std::string{"there is no flag \""} + flag +
                                   "\"; flags are i (any case), m (^ and $ at each line) and s "
                                   "(. takes line ends)"};
        }
        if (inline_flags.find(flag) == std::string::npos) inline_flags += flag;
    }
    std::string spelled{source};
    if (!inline_flags.empty()) spelled = "(?" + inline_flags + ")" + spelled;
    auto code = std::make_shared<const RE2>(spelled, options);
    if (!code->ok()) return std::unexpected{code->error()};
    Pattern pattern;
    pattern.names_.resize(static_cast<std::size_t>(code->NumberOfCapturingGroups()) + 1);
    for (const auto& [group, name] : code->CapturingGroupNames())
        pattern.names_[static_cast<std::size_t>(group)] = name;
    pattern.code_ = std::move(code);
    return pattern;
}

bool Pattern::test(std::string_view text) const {
    return RE2::PartialMatch({text.data(), text.size()}, *code_);
}

std::optional<Pattern::Match> Pattern::find(std::string_view text, std::size_t from) const {
    std::vector<re2::StringPiece> groups(names_.size());
    const re2::StringPiece whole{text.data(), text.size()};
    if (!code_->Match(whole, from, text.size(), RE2::UNANCHORED, groups.data(),
                      static_cast<int>(groups.size()))) {
        return std::nullopt;
    }
    Match match;
    match.begin = static_cast<std::size_t>(groups[0].data() - text.data());
    match.end = match.begin + groups[0].size();
    match.groups.reserve(groups.size());
    for (const re2::StringPiece& group : groups)
        match.groups.emplace_back(group.data(), group.size());
    return match;
}

std::optional<Pattern::Match> Matches::next() {
    if (from_ > text_.size()) return std::nullopt;
    std::optional<Pattern::Match> match = pattern_.find(text_, from_);
    if (!match) {
        from_ = text_.size() + 1;
    } else {
        from_ = match->end > match->begin ? match->end : after_character(text_, match->end);
    }
    return match;
}

std::expected<Replacement, std::string> Replacement::parse(std::string_view source,
                                                           const Pattern& pattern) {
    Replacement made;
    made.parts_.emplace_back();
    const std::vector<std::string>& names = pattern.group_names();
    const auto add_group = [&made](std::size_t group) {
        made.parts_.push_back({{}, group});
        made.parts_.emplace_back();
    };
    for (std::size_t i = 0; i < source.size(); ++i) {
        const char next = source[i] == '$' && i + 1 < source.size() ? source[i + 1] : '\0';
        if (next == '$') {
            made.parts_.back().text += '$';
            ++i;
        } else if (next == '&') {
            add_group(0);
            ++i;
        } else if (is_digit(next)) {
            std::size_t group = 0;
            // As many digits as still name a group.
            while (i + 1 < source.size() && is_digit(source[i + 1])) {
                const std::size_t longer =
                    group * 10 + static_cast<std::size_t>(source[i + 1] - '0');
                if (group != 0 && longer >= names.size()) break;
                group = longer;
                ++i;
            }
            if (group == 0 || group >= names.size()) {
                return std::unexpected{"there is no group $" + std::to_string(group) +
                                       "; the pattern has " + std::to_string(names.size() - 1)};
            }
            add_group(group);
        } else if (next == '<') {
            const std::size_t end = source.find('>', i);
            const std::string name{
                source.substr(i + 2, end == std::string_view::npos ? end : end - i - 2)};
            const auto found = std::ranges::find(names, name);
            if (end == std::string_view::npos || name.empty() || found == names.end()) {
                return std::unexpected{"the pattern has no group <" + name +
                                       ">; groups are named by (?P<name>…)"};
            }
            add_group(static_cast<std::size_t>(found - names.begin()));
            i = end;
        } else {
            made.parts_.back().text += source[i];
        }
    }
    return made;
}

void Replacement::append(std::string& out, const Pattern::Match& match) const {
    for (const Part& part : parts_)
        out += part.group ? match.groups[*part.group] : std::string_view{part.text};
}

}  // namespace millrace::nodes
