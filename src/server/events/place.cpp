// SPDX-License-Identifier: Apache-2.0
#include "events/place.hpp"

#include <charconv>

namespace millrace::server {
namespace {

/// Takes a number off the front of `text`, and the dot behind it unless it is the last one.
template <class Number>
bool take_number(std::string_view& text, Number& number, bool is_last) {
    // from_chars would take a minus.
    if (text.empty() || text.front() < '0' || text.front() > '9') return false;
    const char* const end = text.data() + text.size();
    const auto [read_end, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(read_end - text.data()));
    if (is_last) return text.empty();
    if (text.empty() || text.front() != '.') return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string feed_cursor(const Place& place) {
    return std::to_string(place.major) + "." + std::to_string(place.row) + "." +
           std::to_string(place.event);
}

std::optional<Place> parse_feed_cursor(std::string_view text) {
    Place place;
    const bool is_place = take_number(text, place.major, false) &&
                          take_number(text, place.row, false) &&
                          take_number(text, place.event, true);
    return is_place ? std::optional{place} : std::nullopt;
}

std::string execution_cursor(core::ExecutionId id, const Place& place) {
    return id.text() + ":" + std::to_string(place.major);
}

}  // namespace millrace::server
