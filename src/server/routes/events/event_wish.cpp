// SPDX-License-Identifier: Apache-2.0
#include "routes/events/event_wish.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "api/answer.hpp"
#include "millrace/core/event.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view event_stream = "text/event-stream";

/// Takes what stands before the next `mark` off the front of `text`, without blanks around it.
std::string_view take(std::string_view& text, char mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (part.starts_with(' ') || part.starts_with('\t'))
        part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\t'))
        part.remove_suffix(1);
    return part;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// How much each of the forms is wanted, by Accept.
struct Accepted {
    double stream = 0;
    double cloud = 0;
    double list = 0;
};

Accepted accepted(std::string_view accept) {
    if (accept.empty()) return {0, 0, 1};
    Accepted wanted;
    while (!accept.empty()) {
        std::string_view part = take(accept, ',');
        const std::string_view type = take(part, ';');
        double quality = 1;
        while (!part.empty()) {
            const std::string_view parameter = take(part, ';');
            if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
            quality = 0;
            std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
        }
        const auto is = [type](std::string_view name) { return equal_ignoring_case(type, name); };
        if (is(event_stream)) wanted.stream = std::max(wanted.stream, quality);
        if (is("application/cloudevents+json") || is("application/cloudevents-batch+json"))
            wanted.cloud = std::max(wanted.cloud, quality);
        if (is("application/json") || is("application/*") || is("*/*"))
            wanted.list = std::max(wanted.list, quality);
    }
    return wanted;
}

std::string text_of(const Request& request, std::string_view name) {
    const std::string* const text = request.query_value(name);
    return text == nullptr ? std::string{} : *text;
}

std::expected<EventWish, Problem> wish_of(const Request& request, const std::string& public_url) {
    EventWish wish;
    wish.form.origin = public_url;
    wish.form.is_cloud = text_of(request, "format") == "cloudevents";
    wish.limit = page_limit(request);
    wish.after = text_of(request, "after");
    auto filter = EventFilter::make(text_of(request, "types"), text_of(request, "node_id"));
    if (!filter) return std::unexpected(problem("bad_request", filter.error().message()));
    wish.filter = std::move(*filter);
    return wish;
}

std::unexpected<Problem> bad_cursor(const std::string& text) {
    return std::unexpected(
        problem("bad_request", "'" + text +
                                   "' is no cursor of these events; take `cursor` of an event or "
                                   "`next_cursor` of a list as it is"));
}

}  // namespace

std::expected<EventWish, Problem> event_wish(const Request& request,
                                             const std::string& public_url) {
    auto wish = wish_of(request, public_url);
    if (!wish) return wish;
    const Accepted wanted = accepted(request.header("Accept"));
    if (std::max({wanted.stream, wanted.cloud, wanted.list}) <= 0) {
        return std::unexpected(problem("not_acceptable",
                                       "there are application/json, text/event-stream and "
                                       "application/cloudevents-batch+json of events"));
    }
    wish->is_stream = wanted.stream >= std::max(wanted.cloud, wanted.list);
    // Beside a stream the envelope is no other answer, but what the stream's events come in.
    const bool is_cloud = wanted.cloud > 0 && wanted.cloud >= wanted.list;
    wish->form.is_cloud = wish->form.is_cloud || is_cloud;
    // A browser that connects again repeats the address with its first cursor, and says where it
    // stands in this header.
    const std::string_view last = request.header("Last-Event-ID");
    if (wish->is_stream && !last.empty()) wish->after = last;
    return wish;
}

std::expected<EventWish, Problem> frames_wish(const Request& request,
                                              const std::string& public_url) {
    auto wish = wish_of(request, public_url);
    if (wish) wish->is_stream = true;
    return wish;
}

std::expected<Place, Problem> place_in(const EventWish& wish, core::ExecutionId id) {
    if (wish.after.empty()) return Place{};
    const auto cursor = core::EventCursor::parse(wish.after);
    if (!cursor) return bad_cursor(wish.after);
    if (cursor->execution_id != id) {
        return std::unexpected(
            problem("bad_request",
                    "the cursor '" + wish.after + "' is of another execution than " + id.text()));
    }
    return Place{cursor->seq, 0, 0};
}

std::expected<std::optional<Place>, Problem> place_in_feed(const EventWish& wish) {
    if (wish.after.empty()) return std::nullopt;
    const auto place = parse_feed_cursor(wish.after);
    if (!place) return bad_cursor(wish.after);
    return place;
}

}  // namespace millrace::server
