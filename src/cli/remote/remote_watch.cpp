// SPDX-License-Identifier: Apache-2.0
#include "remote/remote_watch.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "body.hpp"
#include "library.hpp"
#include "millrace/server/document_check.hpp"
#include "remote/event_feed.hpp"
#include "run/asked_outside.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

// Often enough for a clock that shows seconds to look alive.
constexpr core::Duration tick_every{100};
// Without news for so long, it is asked whether the execution rests.
constexpr int quiet_ticks = 2;
constexpr int ticks_between_questions = 5;
constexpr core::Duration cancel_patience{10'000};

class Watching {
public:
    Watching(const ApiClient& client, const SignalInbox& signals, Progress& progress,
             const engine::Plan* plan, const RemoteWatch& watch)
        : client_{client},
          signals_{signals},
          progress_{progress},
          plan_{plan},
          watch_{watch},
          feed_{client, watch.id, watch.after} {}

    core::Result<RemoteOutcome> until_over() {
        while (true) {
            EventFeed::News news = feed_.take();
            if (const auto shown = show(news); !shown) return std::unexpected(shown.error());
            if (news.error) return std::unexpected(lost(*news.error));
            if (news.has_ended) break;
            progress_.tick();
            if (const auto request = signals_.wait(feed_.bell(), tick_every)) {
                if (const auto end = heed(*request)) return conclude(*end);
            }
            tell_questions();
            const auto rests = is_at_rest();
            if (!rests) return std::unexpected(rests.error());
            if (*rests) break;
        }
        return conclude(interrupts_ > 0 ? WatchEnd::interrupted : WatchEnd::finished);
    }

private:
    core::Error lost(const core::Error& error) const {
        const std::string id = watch_.id.text();
        if (!error.is(RemoteErrc::unreachable)) return error.during("follow execution", id);
        return {RemoteErrc::unreachable,
                error.message() +
                    "; the run goes on with the server, and millrace executions "
                    "events " +
                    id + " --follow shows how"};
    }

    core::Result<RemoteOutcome> conclude(WatchEnd end) {
        if (const auto asked = ask(); !asked) return std::unexpected(asked.error());
        return RemoteOutcome{end, std::move(facts_)};
    }

    /// What the server knows now.
    core::Result<> ask() {
        auto facts = execution_on_server(client_, watch_.id, plan_);
        if (!facts) return std::unexpected(facts.error());
        facts_ = std::move(*facts);
        status_ = facts_.status;
        for (const engine::NodeView& node : facts_.nodes)
            if (node.iterations) progress_.count(node.id, *node.iterations);
        return {};
    }

    core::Result<> show(const EventFeed::News& news) {
        if (news.is_trying_again)
            progress_.say({{Tone::warn, "warning: "},
                           {Tone::plain, "the connection to the server broke; trying again"}});
        const bool ends_container = std::ranges::any_of(news.events, [&](const core::Event& event) {
            return event.type == core::EventType::node_completed && is_container(event.node_id);
        });
        // Before the events: the line of a container that has ended tells its counts.
        if (ends_container)
            if (const auto asked = ask(); !asked) return asked;
        for (const core::Event& event : news.events) {
            note(event);
            asked_.take(event);
            told_until_ = event.time;
            progress_.feed(event);
        }
        ticks_ = news.events.empty() ? ticks_ + 1 : 0;
        return {};
    }

    bool is_container(const std::string& node_id) const {
        if (plan_ == nullptr) return false;
        const auto index = plan_->find(node_id);
        return index && plan_->node(*index).role() == core::NodeRole::container;
    }

    void note(const core::Event& event) {
        using core::EventType;
        switch (event.type) {
            case EventType::execution_paused: status_ = core::ExecutionStatus::paused; break;
            case EventType::execution_waiting: status_ = core::ExecutionStatus::waiting; break;
            case EventType::execution_completed:
            case EventType::execution_failed:
            case EventType::execution_canceled:
            case EventType::execution_created:
            case EventType::execution_started:
            case EventType::execution_resumed:
            case EventType::node_started:
            case EventType::node_completed:
            case EventType::node_failed:
            case EventType::node_retrying:
            case EventType::node_skipped:
            case EventType::node_canceled:
            case EventType::node_event: status_ = core::ExecutionStatus::running; break;
            // A node may wait while others run.
            case EventType::node_waiting: status_.reset(); break;
        }
    }

    /// How what is waited for can be answered from elsewhere; each once, when nothing else happens.
    void tell_questions() {
        if (ticks_ < quiet_ticks || !asked_.waits_for_answers()) return;
        std::vector<Question> fresh;
        for (Question& question : asked_.questions())
            if (told_.insert(question.path).second) fresh.push_back(std::move(question));
        for (Line& line : question_lines(fresh, watch_.id.text(), told_until_))
            progress_.say(std::move(line));
    }

    core::Result<bool> is_at_rest() {
        const bool may_rest = !status_ || watch_.rests_at(*status_);
        if (!may_rest || ticks_ < quiet_ticks || ticks_ % ticks_between_questions != quiet_ticks)
            return false;
        if (const auto asked = ask(); !asked) {
            // The feed tells when the server stays away.
            if (asked.error().is(RemoteErrc::unreachable)) return false;
            return std::unexpected(asked.error());
        }
        if (facts_.has_ended()) return true;
        if (!watch_.rests_at(facts_.status)) return false;
        return std::ranges::none_of(facts_.nodes, [](const engine::NodeView& node) {
            return node.status == core::NodeStatus::running;
        });
    }

    std::optional<WatchEnd> heed(Request request) {
        switch (request) {
            case Request::terminate: return WatchEnd::terminated;
            case Request::hang_up: return WatchEnd::hung_up;
            case Request::interrupt: break;
        }
        ++interrupts_;
        if (watch_.on_interrupt == OnInterrupt::leave || interrupts_ > 2)
            return WatchEnd::interrupted;
        progress_.say(canceling_line(interrupts_));
        ApiRequest cancel;
        cancel.method = "POST";
        cancel.path = api_path({"executions", watch_.id.text(), "cancel"});
        cancel.body = core::Value::object({{"reason", "interrupted"}});
        cancel.timeout = cancel_patience;
        // One that ended meanwhile needs no cancel, and the feed tells its end.
        if (const auto sent = client_.send(cancel); !sent && !sent.error().is(RemoteErrc::conflict))
            progress_.say(
                {{Tone::bad, "error: "}, {Tone::plain, one_line(sent.error().message())}});
        return std::nullopt;
    }

    const ApiClient& client_;
    const SignalInbox& signals_;
    Progress& progress_;
    const engine::Plan* plan_;
    const RemoteWatch& watch_;
    std::optional<core::ExecutionStatus> status_;  // as far as it is known
    ExecutionFacts facts_;
    AskedOutside asked_;
    std::set<std::string> told_;  // paths of runs whose questions were told
    core::Time told_until_;       // of the last event
    int ticks_ = 0;               // since the last event
    int interrupts_ = 0;
    EventFeed feed_;
};

}  // namespace

core::Result<core::ExecutionId> find_on_server(const ApiClient& client, const std::string& text) {
    if (const auto id = core::ExecutionId::parse(text)) return *id;
    constexpr std::size_t short_id_min = 4;
    std::optional<core::ExecutionId> found;
    if (text.size() >= short_id_min) {
        const auto page =
            client.get_list(api_path({"executions"}), {{"text", text}, {"limit", "200"}});
        if (!page) return std::unexpected(page.error());
        for (const core::Value& item : items_of(*page)) {
            const std::string id = text_at(item, "id");
            if (!id.starts_with(text) && !id.ends_with(text)) continue;
            if (found) {
                return core::fail(RemoteErrc::not_found, "more than one execution has the id " +
                                                             one_line(text) + "; give more of it");
            }
            found = core::ExecutionId::parse(id);
        }
    }
    if (found) return *found;
    return core::fail(RemoteErrc::not_found,
                      "there is no execution " + one_line(text) + "; see millrace executions list");
}

std::shared_ptr<const engine::Plan> plan_on_server(const ApiClient& client,
                                                   const std::string& workflow_id,
                                                   std::uint32_t version) {
    const auto body =
        client.get(api_path({"workflows", workflow_id, "versions", std::to_string(version)}));
    const auto library = standard_library();
    if (!body || !library) return nullptr;
    const core::Value* const document = member_at(*body, "document");
    if (document == nullptr) return nullptr;
    return server::check_document(*document, **library).plan;
}

core::Result<ExecutionFacts> execution_on_server(const ApiClient& client, core::ExecutionId id,
                                                 const engine::Plan* plan) {
    auto body = client.get(api_path({"executions", id.text()}));
    if (!body) return std::unexpected(body.error());
    return read_execution(std::move(*body), plan);
}

core::Result<ServerExecution> load_on_server(const ApiClient& client, core::ExecutionId id) {
    auto body = client.get(api_path({"executions", id.text()}));
    if (!body) return std::unexpected(body.error());
    const auto version =
        static_cast<std::uint32_t>(number_at(*body, "workflow_version").value_or(0));
    auto plan = plan_on_server(client, text_at(*body, "workflow_id"), version);
    auto facts = read_execution(std::move(*body), plan.get());
    if (!facts) return std::unexpected(facts.error());
    return ServerExecution{std::move(*facts), std::move(plan)};
}

RunFacts watched_facts(const ExecutionFacts& facts, const engine::Plan* plan) {
    if (plan != nullptr) return facts_of(*plan);
    std::vector<NodeFacts> nodes;
    for (const engine::NodeView& node : facts.nodes)
        nodes.push_back({node.id});
    return RunFacts{std::move(nodes)};
}

core::Result<std::vector<core::Event>> events_on_server(const ApiClient& client,
                                                        core::ExecutionId id) {
    std::vector<core::Event> events;
    Query query{{"limit", "200"}};
    while (true) {
        const auto page = client.get_list(api_path({"executions", id.text(), "events"}), query);
        if (!page) return std::unexpected(page.error());
        for (const core::Value& item : items_of(*page))
            if (auto event = core::Event::from_value(item)) events.push_back(std::move(*event));
        const std::string next = text_at(*page, "next_cursor");
        if (next.empty()) return events;
        query = {{"limit", "200"}, {"after", next}};
    }
}

core::Result<RemoteOutcome> watch_on_server(const ApiClient& client, const SignalInbox& signals,
                                            Progress& progress, const engine::Plan* plan,
                                            const RemoteWatch& watch) {
    return Watching{client, signals, progress, plan, watch}.until_over();
}

}  // namespace millrace::cli
