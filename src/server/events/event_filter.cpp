// SPDX-License-Identifier: Apache-2.0
#include "events/event_filter.hpp"

#include <algorithm>
#include <optional>

namespace millrace::server {
namespace {

/// Calls `each` with what stands between commas, without blanks around it; empty parts are nothing.
template <class Each>
void for_each_part(std::string_view list, Each each) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view part = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        while (part.starts_with(' '))
            part.remove_prefix(1);
        while (part.ends_with(' '))
            part.remove_suffix(1);
        if (!part.empty()) each(part);
    }
}

constexpr std::uint32_t bit_of(core::EventType type) {
    return std::uint32_t{1} << static_cast<unsigned>(type);
}

constexpr auto last_type = core::EventType::node_event;

/// The types that a part of the list names.
std::uint32_t types_of(std::string_view part) {
    const bool is_beginning = part.ends_with('*');
    if (is_beginning) part.remove_suffix(1);
    std::uint32_t types = 0;
    for (unsigned i = 0; i <= static_cast<unsigned>(last_type); ++i) {
        const auto type = static_cast<core::EventType>(i);
        const std::string_view name = core::to_text(type);
        if (is_beginning ? name.starts_with(part) : name == part) types |= bit_of(type);
    }
    return types;
}

std::string all_names() {
    std::string names;
    for (unsigned i = 0; i <= static_cast<unsigned>(last_type); ++i) {
        if (i > 0) names += ", ";
        names += core::to_text(static_cast<core::EventType>(i));
    }
    return names;
}

}  // namespace

std::string_view code_text(FilterErrc) {
    return "bad_filter";
}

core::Result<EventFilter> EventFilter::make(std::string_view types, std::string_view node_ids) {
    EventFilter filter;
    std::string unknown;
    std::uint32_t wanted = 0;
    for_each_part(types, [&](std::string_view part) {
        const std::uint32_t named = types_of(part);
        if (named == 0 && unknown.empty()) unknown = part;
        wanted |= named;
    });
    if (!unknown.empty()) {
        return core::fail(
            FilterErrc::bad_filter,
            "there are no events of the type '" + unknown +
                "'; use names or beginnings with a *, such as node.*, of: " + all_names());
    }
    if (wanted != 0) filter.types_ = wanted;
    for_each_part(node_ids, [&](std::string_view part) { filter.nodes_.emplace_back(part); });
    return filter;
}

bool EventFilter::takes(const core::Event& event) const {
    if ((types_ & bit_of(event.type)) == 0) return false;
    return nodes_.empty() || std::ranges::find(nodes_, event.node_id) != nodes_.end();
}

}  // namespace millrace::server
