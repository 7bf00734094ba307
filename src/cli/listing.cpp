// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include "body.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {

std::string date_at(const Console& console, const core::Value& body, std::string_view name) {
    const auto time = time_at(body, name);
    return time ? date_text(console.local(*time)) : std::string{};
}

void print_list(const Context& context, const core::Value& body, std::string_view none,
                const std::function<std::string(const Console&, const core::Value&)>& table,
                std::string_view more) {
    const Console& console = context.console;
    if (context.global.json) return print_json(context, body);
    const std::string next = text_at(body, "next_cursor");
    if (items_of(body).empty()) {
        console.say(Tone::plain, none);
    } else {
        console.out << table(console, body) << std::flush;
    }
    if (!next.empty()) console.say(Tone::dim, "more: " + std::string{more} + " " + one_line(next));
}

}  // namespace millrace::cli
