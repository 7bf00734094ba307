// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "behaviours.hpp"
#include "field.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/time.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/nodes/event_selector.hpp"
#include "millrace/nodes/form_fields.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::ProblemCode;
using core::Value;

constexpr core::PortIndex timeout_port{1};
constexpr std::size_t approvers_max = 100;
constexpr std::array<std::string_view, 4> kinds{"signal", "webhook", "approval", "event"};
constexpr std::string_view choose_one =
    "a wait needs exactly one of `signal`, `webhook`, `approval` and `event`";

std::expected<core::Duration, std::string> read_timeout(const Value& length) {
    if (!length.is_string() && !length.is_number())
        return std::unexpected{"timeout must be a text with a unit, such as 30m or 2d"};
    const core::Result<core::Duration> duration = core::parse_duration(
        length.is_string() ? std::string{length.as_string()} : core::to_json(length));
    if (duration) return *duration;
    return std::unexpected{duration.error().message()};
}

Failure bad_wait(std::string message) {
    return engine::validation_failure("bad_wait", std::move(message));
}

/// The types that the event may have, as a person would say it.
std::string types_text(const Value& types) {
    if (types.is_string()) return std::string{types.as_string()};
    std::string text;
    for (const Value& one : types.as_array())
        text.append(text.empty() ? "" : ",").append(one.as_string());
    return text;
}

/// Reads what a run waits for from evaluated data.
class WaitReader {
public:
    explicit WaitReader(const engine::NodeCall& call) : call_{call} {}

    std::expected<engine::WaitFor, Failure> read() {
        std::string_view given;
        for (const std::string_view kind : kinds) {
            if (call_.field(kind).is_null()) continue;
            if (!given.empty()) return std::unexpected{bad_wait(std::string{choose_one})};
            given = kind;
        }
        if (given.empty()) return std::unexpected{bad_wait(std::string{choose_one})};
        const Value& what = call_.field(given);
        auto read = given == "signal"     ? read_signal(what)
                    : given == "webhook"  ? read_webhook(what)
                    : given == "approval" ? read_approval(what)
                                          : read_event(what);
        if (!read) return std::unexpected{std::move(read.error())};
        if (const Value& timeout = call_.field("timeout"); !timeout.is_null()) {
            const auto length = read_timeout(timeout);
            if (!length)
                return std::unexpected{engine::validation_failure("bad_duration", length.error())};
            wait_.until = call_.now + *length;
            wait_.on_timeout.ports.push_back({timeout_port, call_.input()});
        }
        return std::move(wait_);
    }

private:
    using Read = std::expected<void, Failure>;

    Read read_signal(const Value& name) {
        if (!name.is_string() || name.size() == 0)
            return std::unexpected{bad_wait("signal must be the name of a signal")};
        wait_.kind = engine::WaitKind::signal;
        wait_.name = name.as_string();
        return {};
    }

    Read read_webhook(const Value& webhook) {
        wait_.kind = engine::WaitKind::webhook;
        if (webhook == Value{true}) return {};
        if (!webhook.is_object())
            return std::unexpected{bad_wait("webhook must be true or {method: POST}")};
        wait_.details = webhook;
        return {};
    }

    Read read_approval(const Value& approval) {
        wait_.kind = engine::WaitKind::approval;
        const Value* const title = approval.find("title");
        if (title == nullptr || !title->is_string() || title->size() == 0)
            return std::unexpected{bad_wait("approval.title must be a text")};
        if (const Value* const message = approval.find("message");
            message != nullptr && !message->is_null() && !message->is_string())
            return std::unexpected{bad_wait("approval.message must be a text")};
        if (const Value* const approvers = approval.find("approvers");
            approvers != nullptr && !approvers->is_null() && !are_names(*approvers))
            return std::unexpected{bad_wait("approval.approvers must be a list of names")};
        if (const Value* const fields = approval.find("fields");
            fields != nullptr && !fields->is_null()) {
            // Templates may have changed what was found to be right before the run.
            if (const auto read = read_form_fields(*fields); !read) {
                return std::unexpected{
                    bad_wait("approval.fields" + read.error().path + ": " + read.error().message)};
            }
            if (const auto compiled = format::compile_schema(*fields); !compiled)
                return std::unexpected{bad_wait("approval.fields: " + compiled.error().message())};
        }
        wait_.details = approval;
        return {};
    }

    static bool are_names(const Value& names) {
        if (!names.is_array() || names.size() > approvers_max) return false;
        for (const Value& name : names.as_array())
            if (!name.is_string() || name.size() == 0) return false;
        return true;
    }

    Read read_event(const Value& event) {
        wait_.kind = engine::WaitKind::event;
        if (const auto selector = EventSelector::make(event, "type"); !selector)
            return std::unexpected{bad_wait("event: " + selector.error().message())};
        wait_.name = types_text(*event.find("type"));
        wait_.details = event;
        return {};
    }

    const engine::NodeCall& call_;
    engine::WaitFor wait_;
};

class FlowWait final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        std::size_t count = 0;
        for (const std::string_view kind : kinds) {
            if (data.find(kind) == nullptr) continue;
            if (++count == 2) {
                add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, kind),
                            std::string{choose_one});
            }
        }
        if (count == 0)
            add_problem(problems, ProblemCode::missing_key, pointer, std::string{choose_one});
        check_timeout(data, pointer, problems);
        const Value* const approval = data.find("approval");
        if (const Value* const fields = approval == nullptr ? nullptr : approval->find("fields"))
            check_form_schema(*fields, pointer + "/approval/fields", problems);
        if (const Value* const event = data.find("event"); event != nullptr && event->is_object())
            check_event_selector(*event, core::pointer_child(pointer, "event"), "type", problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        auto wait = WaitReader{call}.read();
        if (!wait) return std::move(wait.error());
        return *std::move(wait);
    }

private:
    static void check_timeout(const Value& data, const std::string& pointer,
                              core::Problems& problems) {
        const Value* const length = data.find("timeout");
        if (length == nullptr || !(length->is_number() || fixed_text(data, "timeout"))) return;
        if (const auto duration = read_timeout(*length); !duration) {
            add_problem(problems, ProblemCode::bad_duration,
                        core::pointer_child(pointer, "timeout"), duration.error());
        }
    }
};

}  // namespace

Behaviour flow_wait() {
    return std::make_shared<FlowWait>();
}

}  // namespace millrace::nodes
