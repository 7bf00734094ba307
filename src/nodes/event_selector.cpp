// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/event_selector.hpp"

#include <algorithm>
#include <charconv>

#include "field.hpp"
#include "millrace/format/expression_host.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::size_t pattern_bytes_max = 255;

core::Error bad(std::string message) {
    return {SelectorErrc::bad_selector, std::move(message)};
}

/// Calls `each` with every text of a member that is a text or a list, and the text's place.
template <class Each>
void for_each_text(const Value* member, const std::string& pointer, Each each) {
    if (member == nullptr) return;
    if (!member->is_array()) return each(*member, pointer);
    std::size_t index = 0;
    for (const Value& element : member->as_array())
        each(element, core::pointer_child(pointer, index++));
}

core::Result<std::vector<StarPattern>> read_patterns(const Value& data, std::string_view key,
                                                     bool dots) {
    std::vector<StarPattern> patterns;
    std::optional<core::Error> failed;
    for_each_text(data.find(key), {}, [&](const Value& text, const std::string&) {
        if (text.is_null() || failed) return;
        if (!text.is_string()) {
            failed = bad("`" + std::string{key} + "` must be a text or a list of texts");
            return;
        }
        auto pattern = StarPattern::parse(text.as_string(), dots);
        if (pattern) patterns.push_back(*std::move(pattern));
        if (!pattern) failed = bad("`" + std::string{key} + "`: " + pattern.error().message());
    });
    if (failed) return std::unexpected(*std::move(failed));
    return patterns;
}

core::Result<expr::Expression> read_filter(const Value& filter) {
    if (!filter.is_string() && !filter.is_bool())
        return std::unexpected(bad("`filter` must be an expression such as item.data.total > 100"));
    const std::string source = filter.is_string() ? std::string{filter.as_string()}
                                                  : (filter.as_bool() ? "true" : "false");
    auto compiled =
        expr::Expression::compile(source, {expr::Root::item}, &format::expression_host());
    if (compiled) return compiled;
    return std::unexpected(bad(compiled.error().message() + "; a filter sees the event as `item`"));
}

bool any_takes(const std::vector<StarPattern>& patterns, std::string_view text) {
    return std::ranges::any_of(patterns, [&](const StarPattern& one) { return one.takes(text); });
}

}  // namespace

std::string_view code_text(SelectorErrc) {
    return "bad_selector";
}

const Value* event_member(const Value& event, std::string_view path) {
    const Value* value = &event;
    while (value != nullptr && !path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const std::string_view key = path.substr(0, dot);
        path.remove_prefix(std::min(dot + 1, path.size()));
        if (value->is_object()) {
            value = value->find(key);
            continue;
        }
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
        const bool is_index = error == std::errc{} && end == key.data() + key.size();
        const bool is_there = is_index && value->is_array() && index < value->as_array().size();
        value = is_there ? &value->as_array()[index] : nullptr;
    }
    return value;
}

core::Result<StarPattern> StarPattern::parse(std::string_view text, bool dots) {
    const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
    if (text.empty() || text.size() > pattern_bytes_max || !is_visible)
        return std::unexpected(bad("a pattern has 1 to 255 visible ASCII characters"));
    StarPattern pattern;
    pattern.text_ = text;
    pattern.dots_ = dots;
    pattern.has_stars_ = text.contains('*');
    return pattern;
}

bool StarPattern::takes(std::string_view text) const {
    if (!has_stars_) return text == text_;
    // From left to right over the pattern: which beginnings of the text fit what was read of it.
    std::vector<bool> fits(text.size() + 1, false);
    fits[0] = true;
    for (std::size_t at = 0; at < text_.size(); ++at) {
        std::vector<bool> next(text.size() + 1, false);
        const bool is_star = text_[at] == '*';
        const bool is_double = is_star && text_.substr(at).starts_with("**");
        const bool crosses = is_double || !dots_;
        if (is_double) ++at;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool goes_on = is_star ? (fits[i] || next[i]) && (crosses || text[i] != '.')
                                         : fits[i] && text[i] == text_[at];
            if (goes_on) next[i + 1] = true;
        }
        fits = std::move(next);
    }
    return fits[text.size()];
}

core::Result<EventSelector> EventSelector::make(const Value& data, std::string_view types_key) {
    if (!data.is_object()) return std::unexpected(bad("expected an object that says which events"));
    EventSelector selector;
    auto types = read_patterns(data, types_key, true);
    if (!types) return std::unexpected(std::move(types.error()));
    if (types->empty())
        return std::unexpected(bad("`" + std::string{types_key} + "` names no type of events"));
    selector.types_ = *std::move(types);
    auto sources = read_patterns(data, "source", false);
    if (!sources) return std::unexpected(std::move(sources.error()));
    selector.sources_ = *std::move(sources);
    if (const Value* const match = data.find("match"); match != nullptr && !match->is_null()) {
        if (!match->is_object())
            return std::unexpected(bad("`match` must be an object, such as {\"data.order\": 7}"));
        for (const core::Member& member : match->as_object())
            selector.match_.emplace_back(member.key, member.value);
    }
    if (const Value* const filter = data.find("filter"); filter != nullptr && !filter->is_null()) {
        auto compiled = read_filter(*filter);
        if (!compiled) return std::unexpected(std::move(compiled.error()));
        selector.filter_ = *std::move(compiled);
    }
    return selector;
}

bool EventSelector::takes_type(std::string_view type) const {
    return any_takes(types_, type);
}

bool EventSelector::takes_source(std::string_view source) const {
    return sources_.empty() || any_takes(sources_, source);
}

bool EventSelector::names_source(std::string_view source) const {
    return std::ranges::any_of(
        sources_, [&](const StarPattern& one) { return !one.has_stars() && one.text() == source; });
}

std::expected<bool, core::Failure> EventSelector::takes_content(const Value& event) const {
    for (const auto& [path, wanted] : match_) {
        const Value* const found = event_member(event, path);
        if (found == nullptr || *found != wanted) return false;
    }
    if (!filter_) return true;
    // The only root is `item`, whatever is read of it.
    const std::vector<expr::Operand> operands(filter_->references().size(), expr::Operand{event});
    expr::Fuel fuel;
    const auto said = expr::evaluate(*filter_, operands, fuel);
    if (!said) return std::unexpected(said.error());
    return expr::is_truthy(*said);
}

void check_event_selector(const Value& data, const std::string& pointer, std::string_view types_key,
                          core::Problems& problems) {
    if (!data.is_object()) return;  // the schema of the data says so
    const auto check_patterns = [&](std::string_view key, bool dots) {
        const auto check_one = [&](const Value& text, const std::string& place) {
            if (!text.is_string() || is_template(text)) return;
            const auto pattern = StarPattern::parse(text.as_string(), dots);
            if (!pattern)
                add_problem(problems, ProblemCode::bad_value, place, pattern.error().message());
        };
        for_each_text(data.find(key), core::pointer_child(pointer, key), check_one);
    };
    check_patterns(types_key, true);
    check_patterns("source", false);
    if (const Value* const filter = data.find("filter")) {
        if (!filter->is_string() && !filter->is_bool()) return;
        const auto compiled = read_filter(*filter);
        if (!compiled) {
            add_problem(problems, ProblemCode::bad_expression,
                        core::pointer_child(pointer, "filter"), compiled.error().message());
        }
    }
}

}  // namespace millrace::nodes
