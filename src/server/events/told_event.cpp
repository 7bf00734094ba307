// SPDX-License-Identifier: Apache-2.0
#include "events/told_event.hpp"

#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/percent.hpp"

namespace millrace::server {
ToldEvent::ToldEvent(core::Event event)
    : event_{std::move(event)}, text_{core::to_json(event_.to_value())} {
    // Members stand in the order in which to_value sets them, so the first one is the event's own.
    static constexpr std::string_view key = R"("cursor":")";
    const std::size_t found = text_.find(key);
    MR_CHECK(found != std::string::npos);
    cursor_at_ = found + key.size();
    cursor_size_ = text_.find('"', cursor_at_) - cursor_at_;
}

std::string ToldEvent::text(std::string_view cursor) const {
    std::string text;
    text.reserve(text_.size() + cursor.size());
    text.append(text_, 0, cursor_at_).append(cursor);
    text.append(text_, cursor_at_ + cursor_size_);
    return text;
}

std::string ToldEvent::cloud_text(std::string_view cursor, std::string_view origin) const {
    std::string subject = event_.execution_id.text();
    if (!event_.path.empty()) subject += "/" + event_.path;
    std::string text = R"({"specversion":"1.0","id":)";
    core::append_json_string(text, event_.cursor());
    text += R"(,"source":)";
    core::append_json_string(text, std::string{origin} + "/api/v1/workflows/" +
                                       core::percent_encoded(event_.workflow_id));
    text += R"(,"type":)";
    core::append_json_string(text, "millrace." + std::string{core::to_text(event_.type)});
    text += R"(,"subject":)";
    core::append_json_string(text, subject);
    text += R"(,"time":)";
    core::append_json_string(text, event_.time.text());
    text += R"(,"datacontenttype":"application/json","data":)";
    return text + this->text(cursor) + "}";
}

bool is_last(const core::Event& event) {
    return event.type == core::EventType::execution_completed ||
           event.type == core::EventType::execution_failed ||
           event.type == core::EventType::execution_canceled;
}

}  // namespace millrace::server
