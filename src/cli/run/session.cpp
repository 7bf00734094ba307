// SPDX-License-Identifier: Apache-2.0
#include "run/session.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "data_folder.hpp"
#include "key_file.hpp"
#include "library.hpp"
#include "remedy.hpp"
#include "run/outcome.hpp"
#include "run/permissions.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {

core::Result<std::unique_ptr<Session>> Session::open(const Context& context,
                                                     runtime::HttpOptions http,
                                                     runtime::FileOptions files,
                                                     runtime::CommandOptions commands) {
    auto library = standard_library();
    if (!library) return std::unexpected(library.error());
    auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    auto session = std::make_unique<Session>();
    runtime::RuntimeOptions options;
    options.store = std::move(*store);
    options.nodes = std::move(*library);
    options.http = std::move(http);
    options.files = std::move(files);
    // A workflow beside the data must not read the key of its secrets.
    options.files.closed = closed_places(chosen_store(context, store::OpenMode::own));
    std::ranges::copy(usual_folders(context), std::back_inserter(options.files.closed));
    for (const runtime::AllowedFolder& allowed : options.files.folders)
        options.files.closed.push_back(allowed.path + "/millrace-data");
    options.commands = std::move(commands);
    options.secrets.key_file = chosen_key_file(context);
    for (const char* ending : {"", ".next"})
        if (!options.secrets.key_file.empty())
            options.files.closed.push_back(options.secrets.key_file.string() + ending);
    const store::OpenOptions place = chosen_store(context, store::OpenMode::own);
    options.links.key_file = link_key_file_of(place);
    if (!options.links.key_file.empty())
        options.files.closed.push_back(options.links.key_file.string());
    options.links.public_url = context.console.environment("MILLRACE_PUBLIC_URL").value_or("");
    options.log = session->mailbox;
    auto runtime = runtime::Runtime::start(std::move(options));
    if (!runtime) return std::unexpected(runtime.error());
    session->runtime = std::move(*runtime);
    session->runtime->observe(session->mailbox);
    return session;
}

Session::~Session() {
    if (runtime) runtime->stop();
}

// ---- Egress ---------------------------------------------------------------------------------

void EgressOptions::add_to(CLI::App& command) {
    command.add_option("--egress-allow", allow, "Let http.request call this")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("RULE");
    command.add_option("--egress-deny", deny, "Keep it from calling this")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("RULE");
    command.add_flag("--egress-only-allowed", only_allowed, "Keep it from calling anything else");
}

runtime::HttpOptions EgressOptions::http() const {
    runtime::HttpOptions options;
    options.allow = allow;
    options.deny = deny;
    options.only_allowed = only_allowed;
    return options;
}

// ---- Leftovers ------------------------------------------------------------------------------

core::Result<Leftovers> find_leftovers(store::Store& store, const std::string& workflow_id) {
    constexpr std::size_t page_size = 500;
    Leftovers leftovers;
    store::ExecutionFilter filter;
    filter.live_only = true;
    std::string cursor;
    while (true) {
        auto page = store.executions(filter, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (engine::ExecutionRow& row : page->items) {
            auto& list = row.status == core::ExecutionStatus::paused ? leftovers.paused
                         : row.workflow_id == workflow_id            ? leftovers.own
                                                                     : leftovers.others;
            list.push_back(std::move(row));
        }
        if (!page->next_cursor) break;
        cursor = *page->next_cursor;
    }
    std::ranges::reverse(leftovers.own);
    std::ranges::reverse(leftovers.others);
    std::ranges::reverse(leftovers.paused);
    return leftovers;
}

std::string workflows_of(const std::vector<engine::ExecutionRow>& rows) {
    std::map<std::string, std::size_t> counts;
    for (const engine::ExecutionRow& row : rows)
        ++counts[row.workflow_id];
    std::string text;
    for (const auto& [workflow, count] : counts) {
        text += (text.empty() ? "" : ", ") + one_line(workflow);
        if (count > 1) text += fmt::format(" ({})", count);
    }
    return text;
}

// ---- Resuming -------------------------------------------------------------------------------

namespace {

/// The plan of each, or what keeps it from being resumed.
std::shared_ptr<const engine::Plan> plan_of(const Context& context, Session& session,
                                            const engine::ExecutionRow& row) {
    const auto saved = session.runtime->load_workflow(row.workflow_id, row.workflow_version);
    if (saved) return saved->plan;
    context.console.complain("cannot resume execution " + row.id.text() + ": " +
                             saved.error().message());
    return nullptr;
}

using NotResumed = std::vector<std::pair<core::ExecutionId, core::Error>>;

/// Those that are paused need a word for it; taking them over is not enough.
core::Result<NotResumed> let_go_on(Session& session, Watch& watch,
                                   const std::vector<core::ExecutionId>& ids,
                                   const core::Value& variables) {
    NotResumed failed;
    std::vector<core::ExecutionId> others;
    for (const core::ExecutionId id : ids) {
        const core::ExecutionStatus status = watch.followers().at(id).view().status();
        if (status != core::ExecutionStatus::paused && variables.is_null()) {
            others.push_back(id);
        } else if (const auto resumed = session.runtime->resume(id, variables); !resumed) {
            failed.emplace_back(id, resumed.error());
        }
    }
    auto recovered = session.runtime->recover_only(others);
    if (!recovered) return std::unexpected(recovered.error());
    std::ranges::move(recovered->failed, std::back_inserter(failed));
    if (const auto read = watch.refresh(); !read) return std::unexpected(read.error());
    return failed;
}

}  // namespace

core::Result<ResumeOutcome> resume(const Context& context, Session& session,
                                   const std::vector<engine::ExecutionRow>& rows,
                                   const core::Value& variables) {
    ResumeOutcome outcome;
    std::vector<core::ExecutionId> ids;
    std::vector<std::shared_ptr<const engine::Plan>> plans;
    for (const engine::ExecutionRow& row : rows) {
        if (auto plan = plan_of(context, session, row)) {
            ids.push_back(row.id);
            plans.push_back(std::move(plan));
        } else {
            ++outcome.failed;
        }
    }
    const std::unique_ptr<Progress> progress =
        ids.size() == 1
            ? make_progress(context.console, facts_of(*plans.front()), "Ctrl-C leaves it for later")
            : make_quiet_progress(context.console);
    Watch watch{*session.runtime, session.mailbox, session.signals, *progress, OnInterrupt::leave};
    watch.on_end = [&](const Follower& follower) {
        progress->say(end_line(facts_of(follower.view())));
    };
    // First what is known of them, so that only what follows is news.
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto added = watch.add(ids[i], plans[i], true); !added)
            return std::unexpected(added.error());
    }
    const auto not_resumed = let_go_on(session, watch, ids, variables);
    if (!not_resumed) return std::unexpected(not_resumed.error());
    for (const auto& [id, error] : *not_resumed) {
        progress->say({{Tone::bad, "error: "},
                       {Tone::plain, "cannot resume execution " + id.text() + ": " +
                                         one_line(error.message())}});
        watch.forget(id);
        ++outcome.failed;
    }
    const core::Result<WatchEnd> end = watch.until_all_ended();
    progress->finish();
    if (!end) return std::unexpected(end.error());
    outcome.end = *end;
    for (const auto& [id, follower] : watch.followers()) {
        if (!follower.has_ended() && *end == WatchEnd::finished) {
            context.console.say(
                Tone::warn, "execution " + id.text() + " " + rest_words(facts_of(follower.view())));
            say_questions(context, watch.questions(id), id.text());
        }
        const core::ExecutionStatus status = follower.view().status();
        const bool is_good = status == core::ExecutionStatus::completed ||
                             status == core::ExecutionStatus::paused ||
                             status == core::ExecutionStatus::waiting;
        if (!is_good) ++outcome.failed;
    }
    return outcome;
}

Exit left_unfinished(const Context& context, WatchEnd end, const std::string& flags) {
    const bool is_kept = context.global.store != "memory:";
    context.console.say(Tone::warn, is_kept ? "stopped; to finish what is unfinished: millrace "
                                              "executions resume --all" +
                                                  flags
                                            : "stopped; what was unfinished ended with its store");
    switch (end) {
        case WatchEnd::terminated: return Exit::terminated;
        case WatchEnd::hung_up: return Exit::hung_up;
        case WatchEnd::finished:
        case WatchEnd::interrupted: break;
    }
    return Exit::interrupted;
}

}  // namespace millrace::cli
