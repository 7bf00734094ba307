// SPDX-License-Identifier: Apache-2.0
#include "routes/events/event_intake.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "dispatch/event_dispatcher.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/store/idempotency.hpp"
#include "routes/events/event_reading.hpp"

namespace millrace::server {
namespace {

using core::Value;

constexpr std::string_view notes_scope = "default events";

constexpr std::string_view delivery_schema = R"({
    "description": "What an event has brought about; all of it is durable.",
    "type": "object",
    "required": ["event_id", "started", "answered", "refused"],
    "properties": {
        "event_id": {"type": "string"},
        "started": {"type": "array", "items": {
            "type": "object",
            "required": ["workflow_id", "node_id", "execution_id"],
            "properties": {
                "workflow_id": {"type": "string"},
                "node_id": {"description": "The trigger.", "type": "string"},
                "execution_id": {"type": "string", "format": "uuid"}
            }
        }},
        "answered": {"description": "Runs that waited for it.", "type": "array", "items": {
            "type": "object",
            "required": ["execution_id", "path"],
            "properties": {
                "execution_id": {"type": "string", "format": "uuid"},
                "path": {"type": "string"}
            }
        }},
        "refused": {"description": "Triggers that it fits and that cannot be started with it.", "type": "array", "items": {
            "type": "object",
            "required": ["workflow_id", "node_id", "code", "detail"],
            "properties": {
                "workflow_id": {"type": "string"},
                "node_id": {"type": "string"},
                "code": {"type": "string"},
                "detail": {"type": "string"}
            }
        }}
    }
})";

Value delivery_value(const std::string& id, const EventOutcome& outcome) {
    std::vector<Value> started;
    for (const EventOutcome::Started& one : outcome.started) {
        started.push_back(Value::object({{"workflow_id", one.workflow_id},
                                         {"node_id", one.node_id},
                                         {"execution_id", one.execution_id.text()}}));
    }
    std::vector<Value> answered;
    for (const EventOutcome::Answered& one : outcome.answered) {
        answered.push_back(
            Value::object({{"execution_id", one.execution_id.text()}, {"path", one.path}}));
    }
    std::vector<Value> refused;
    for (const EventOutcome::Failed& one : outcome.refused) {
        refused.push_back(Value::object({{"workflow_id", one.workflow_id},
                                         {"node_id", one.node_id},
                                         {"code", one.error.code()},
                                         {"detail", one.error.message()}}));
    }
    return Value::object({{"event_id", id},
                          {"started", Value::array(std::move(started))},
                          {"answered", Value::array(std::move(answered))},
                          {"refused", Value::array(std::move(refused))}});
}

/// The note by which an event that comes again is known.
store::KeptAnswer note_of(const GivenEvent& event) {
    store::KeptAnswer note;
    note.scope = notes_scope;
    // With its size, so that names that are joined differently are different.
    note.key = std::to_string(event.source.size()) + " " + event.source + " " + event.id;
    note.digest = format::blake2b_256_hex(note.key);
    note.created_at = event.since;
    return note;
}

/// The events of one request, until all that they start is durable.
class Intake : public std::enable_shared_from_this<Intake> {
public:
    Intake(Services& services, std::shared_ptr<const Request> request, Reply reply, SentEvents sent)
        : services_{services},
          request_{std::move(request)},
          reply_{std::move(reply)},
          sent_{std::move(sent)},
          deliveries_(sent_.events.size()),
          open_{sent_.events.size()} {}

    void begin() {
        if (sent_.events.empty()) return finish();
        if (auto noted = note_all(); !noted)
            return reply_(to_response(problem_of(noted.error()), *request_));
        for (std::size_t i = 0; i < sent_.events.size(); ++i) {
            if (!deliveries_[i].is_null()) {
                on_outcome(i, std::nullopt);
                continue;
            }
            services_.dispatcher.give(sent_.events[i].event,
                                      [self = shared_from_this(), i](EventOutcome outcome) {
                                          self->on_outcome(i, std::move(outcome));
                                      });
        }
    }

private:
    /// Notes events that may come again; what is known of those that did.
    core::Result<> note_all() {
        const bool has_any = std::ranges::any_of(sent_.events, &SentEvent::has_id);
        if (!has_any) return {};
        return services_.runtime.write([&](store::Store& store) -> core::Result<> {
            for (std::size_t i = 0; i < sent_.events.size(); ++i) {
                SentEvent& sent = sent_.events[i];
                if (!sent.has_id) continue;
                const auto known = store.idempotency().begin(note_of(sent.event));
                if (!known) return std::unexpected(known.error());
                if (!*known) continue;
                sent.event.since = (*known)->created_at;
                if ((*known)->status == 0) continue;
                deliveries_[i] = core::parse_json((*known)->body).value_or(Value{});
            }
            return {};
        });
    }

    void on_outcome(std::size_t index, std::optional<EventOutcome> outcome) {
        {
            const std::scoped_lock lock{mutex_};
            if (outcome) {
                const GivenEvent& event = sent_.events[index].event;
                deliveries_[index] = delivery_value(event.id, *outcome);
                sent_.events[index].has_id = sent_.events[index].has_id || !outcome->failed.empty();
                for (EventOutcome::Failed& failed : outcome->failed)
                    failed_.emplace_back(index, std::move(failed));
                done_.push_back(index);
            }
            if (--open_ > 0) return;
        }
        finish();
    }

    void finish() {
        keep_notes();
        if (!failed_.empty()) return reply_(to_response(incomplete(), *request_));
        if (!sent_.is_batch) return reply_(json_response(deliveries_.front(), 202));
        reply_(json_response(Value::object({{"events", Value::array(deliveries_)}}), 202));
    }

    /// When this fails a repetition does all again, and finds what is there.
    void keep_notes() {
        const bool has_any = std::ranges::any_of(
            done_, [&](std::size_t index) { return sent_.events[index].has_id; });
        if (!has_any) return;
        static_cast<void>(services_.runtime.write([&](store::Store& store) -> core::Result<> {
            for (const std::size_t index : done_) {
                if (!sent_.events[index].has_id) continue;
                store::KeptAnswer note = note_of(sent_.events[index].event);
                const bool has_failed = std::ranges::any_of(
                    failed_, [&](const auto& failed) { return failed.first == index; });
                if (has_failed) {
                    // One that has got its id here may be sent again by that.
                    if (auto begun = store.idempotency().begin(note); !begun)
                        return std::unexpected(begun.error());
                    continue;
                }
                note.status = 202;
                note.body = core::to_json(deliveries_[index]);
                if (auto kept = store.idempotency().finish(note); !kept) return kept;
            }
            return {};
        }));
    }

    Problem incomplete() const {
        const GivenEvent& first = sent_.events[failed_.front().first].event;
        Problem made = problem(
            "event_incomplete",
            "the event '" + first.id + "' of the source '" + first.source +
                "' could not start all that it is for; send it again with this id and source");
        made.headers.add("Retry-After", "1");
        for (const auto& [index, failed] : failed_) {
            ProblemDetail& error = made.errors.emplace_back();
            error.path = sent_.is_batch ? core::pointer_child({}, index) : std::string{};
            error.code = failed.error.code();
            error.node_id = failed.node_id;
            error.message = failed.workflow_id.empty()
                                ? failed.error.message()
                                : failed.workflow_id + ": " + failed.error.message();
        }
        return made;
    }

    Services& services_;
    const std::shared_ptr<const Request> request_;
    const Reply reply_;
    SentEvents sent_;
    std::vector<Value> deliveries_;  ///< null: not known yet
    std::mutex mutex_;               // guards what follows
    std::size_t open_;
    std::vector<std::size_t> done_;  ///< were given now, by index
    std::vector<std::pair<std::size_t, EventOutcome::Failed>> failed_;
};

void take(Services& services, std::shared_ptr<const Request> request, Reply reply) {
    auto sent = read_sent_events(*request);
    if (!sent) return reply(to_response(sent.error(), *request));
    std::make_shared<Intake>(services, std::move(request), std::move(reply), *std::move(sent))
        ->begin();
}

}  // namespace

void add_event_intake(RouteTable& table, Services& services) {
    table.schemas.emplace_back("SentEvent", schema_of(sent_event_schema));
    table.schemas.emplace_back("EventDelivery", schema_of(delivery_schema));
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/events";
    route.id = "sendEvent";
    route.tag = "Events";
    route.summary = "Send an event";
    route.description =
        "Starts the active workflows whose `trigger.event` takes it, and answers runs that wait "
        "for it. Answers once all of that is durable. An event with an id that comes again within "
        "a day starts nothing new and gets the first answer; after `event_incomplete` it goes on "
        "with what is missing. CloudEvents are taken one by one, as a batch, and with their "
        "attributes in headers that begin with `ce-`.";
    route.action = Action::run;
    route.body = {{.description = "The event, or a batch of CloudEvents.",
                   .schema = {},
                   .is_required = true,
                   .is_raw = true,
                   .media_types = {"application/json", "application/yaml", std::string{cloud_type},
                                   std::string{cloud_batch_type}}}};
    route.answers = {{202, "What it has brought about; of a batch `{events: […]}` in its order.",
                      schema_of(R"({"anyOf": [
                          {"$ref": "#/components/schemas/EventDelivery"},
                          {"type": "object", "required": ["events"], "properties": {"events":
                              {"type": "array", "items":
                                  {"$ref": "#/components/schemas/EventDelivery"}}}}]})")}};
    route.problems = {"invalid",          "malformed_json",
                      "malformed_yaml",   "unsupported_media_type",
                      "event_incomplete", "unavailable"};
    route.is_idempotent_by_key = true;
    route.is_repeatable = true;
    route.handler = AsyncHandler{[&services](std::shared_ptr<const Request> request, Reply reply) {
        take(services, std::move(request), std::move(reply));
    }};
    table.routes.push_back(std::move(route));
}

}  // namespace millrace::server
