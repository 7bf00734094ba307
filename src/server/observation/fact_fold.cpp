// SPDX-License-Identifier: Apache-2.0
#include "observation/fact_fold.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

/// Of a journal that is read ahead; the rest is read again when it is needed.
constexpr std::size_t ahead_bytes_max = 1u << 20;
/// Attempts of one run that are told one by one.
constexpr std::size_t attempts_kept_max = 32;
/// An execution with more of them is a long one.
constexpr std::size_t short_records_max = 256;
/// Plans that are held; the runtime has more of them.
constexpr std::size_t plans_max = 128;

/// A run that has begun and not ended.
struct OpenRun {
    core::Time started;
    std::uint32_t attempts = 0;
    std::uint32_t retries = 0;
    bool has_failed = false;             ///< its last attempt
    std::optional<AttemptFact> attempt;  ///< under way
    std::vector<AttemptFact> finished;
    std::string executor;
};

/// Says at its creation what an execution is.
bool is_option(const engine::RecordBody& body) {
    return std::holds_alternative<engine::ExecutionCreated>(body) ||
           std::holds_alternative<engine::ExecutionConfigured>(body) ||
           std::holds_alternative<engine::ExecutionLinked>(body) ||
           std::holds_alternative<engine::ExecutionTraced>(body) ||
           std::holds_alternative<engine::StartDelayed>(body);
}

/// Takes facts that were told already.
class NoSink final : public FactSink {};

core::Error missing(core::ExecutionId id, std::uint64_t seq) {
    return {store::StoreErrc::not_found, "the journal of the execution " + id.text() +
                                             " has no row with the record " + std::to_string(seq)};
}

}  // namespace

/// What is remembered of an unfinished execution.
struct FactFold::Open {
    explicit Open(core::ExecutionId of) : id{of} {}

    core::ExecutionId id;
    std::uint64_t next_seq = 1;
    std::deque<std::string> ahead;  ///< rows behind it, as far as they have been read
    std::size_t ahead_bytes = 0;    ///< in them

    std::shared_ptr<const engine::Plan> plan;  ///< null before its creation
    core::NodeIndex trigger;
    core::Time created;
    std::optional<core::Time> started;
    std::optional<core::Time> not_before;
    core::Value labels;
    std::string forked_from;
    bool is_mocked = false;
    std::uint32_t generation = 0;
    std::unique_ptr<engine::ExecutionLinked> link;
    std::unique_ptr<engine::ExecutionTraced> trace;
    std::map<std::uint32_t, std::string> scopes;  ///< paths of instances; the top level aside
    std::map<engine::RunKey, OpenRun> runs;
    bool keeps_scopes = false;  ///< what they hold may be undone when they are gone
    std::uint32_t runs_ended = 0;
    std::uint32_t retries = 0;
    bool is_ended = false;

    /// About what it takes. Labels are few.
    std::size_t bytes() const {
        constexpr std::size_t entry = 96;
        return sizeof(Open) + entry + ahead_bytes + runs.size() * (sizeof(OpenRun) + entry) +
               scopes.size() * 2 * entry;
    }

    ObservedExecution observed() const {
        const engine::PlanNode& start = plan->node(trigger);
        ObservedExecution seen{.id = id,
                               .workflow_id = plan->identity().workflow_id,
                               .workflow_version = plan->identity().version,
                               .plan = *plan,
                               .trigger_node = start.id,
                               .trigger_type = start.definition->type.type,
                               .created = created,
                               .started = started,
                               .not_before = not_before,
                               .labels = labels,
                               .forked_from = forked_from,
                               .is_mocked = is_mocked,
                               .generation = generation,
                               .parent = {},
                               .link = link.get(),
                               .trace = trace.get()};
        if (link) seen.parent = core::ExecutionId::parse(link->parent);
        return seen;
    }
};

namespace {

/// What each record says to those who count.
template <class Open>
class Folding {
public:
    Folding(Open& open, FactSink& sink) : open_{open}, sink_{sink} {}

    /// The plan is known.
    void fold(const engine::Record& record) {
        at_ = record.at;
        std::visit([this](const auto& body) { on(body); }, record.body);
    }

private:
    void on(const engine::ExecutionCreated& r) {
        open_.created = at_;
        if (r.trigger.value < open_.plan->nodes().size()) open_.trigger = r.trigger;
        open_.keeps_scopes = std::ranges::any_of(
            open_.plan->nodes(), [](const auto& node) { return node.undone_by.has_value(); });
    }
    void on(const engine::ExecutionConfigured& r) {
        open_.labels = r.labels;
        open_.forked_from = r.forked_from;
        open_.is_mocked = r.mock_external;
    }
    void on(const engine::ExecutionLinked& r) {
        open_.link = std::make_unique<engine::ExecutionLinked>(r);
    }
    void on(const engine::ExecutionTraced& r) {
        open_.trace = std::make_unique<engine::ExecutionTraced>(r);
    }
    void on(const engine::StartDelayed& r) { open_.not_before = r.until; }
    void on(const engine::ExecutionStarted&) {
        if (!open_.started) open_.started = at_;
    }
    void on(const engine::ExecutionRestarted& r) {
        open_.generation = r.generation;
        open_.runs.clear();
        open_.scopes.clear();
    }

    void on(const engine::AttemptStarted& r) {
        OpenRun& run = begun(r.run);
        run.attempts = std::max(run.attempts + 1, r.attempt);
        if (std::exchange(run.has_failed, false)) ++run.retries;
        run.attempt = AttemptFact{r.attempt, at_, at_, {}};
    }
    void on(const engine::AttemptSucceeded& r) {
        OpenRun& run = begun(r.run);
        run.executor = r.executor;
        close(run, {});
    }
    void on(const engine::AttemptFailed& r) {
        OpenRun& run = begun(r.run);
        run.executor = r.executor;
        close(run, r.failure);
    }
    void on(const engine::RunWaiting& r) { begun(r.run); }
    void on(const engine::WaitOpened& r) { begun(r.run); }
    void on(const engine::RunCompleted& r) {
        end(r.run, core::NodeStatus::completed, nullptr, r.by);
    }
    void on(const engine::RunFailed& r) {
        if (r.then != engine::FailedThen::fallback)
            return end(r.run, core::NodeStatus::failed, &r.failure);
        close(begun(r.run), r.failure);
    }
    void on(const engine::RunSkipped& r) { end(r.run, core::NodeStatus::skipped, nullptr); }
    void on(const engine::RunCanceled& r) { end(r.run, core::NodeStatus::canceled, nullptr); }

    void on(const engine::ScopeOpened& r) {
        if (!is_known(r.container.node)) return;
        const engine::PlanNode& node = open_.plan->node(r.container.node);
        std::string path = path_of(r.container);
        const auto run = open_.runs.find(r.container);
        if (run != open_.runs.end() && run->second.attempts > 1)
            path += "#" + std::to_string(run->second.attempts);
        if (node.container && node.container->kind == core::ContainerKind::loop)
            path += "[" + std::to_string(r.index) + "]";
        open_.scopes.insert_or_assign(r.scope, std::move(path));
    }
    void on(const engine::ScopeClosed& r) {
        if (!open_.keeps_scopes) open_.scopes.erase(r.scope);
    }
    void on(const engine::UndoStarted& r) {
        const auto place = open_.scopes.find(r.run.scope);
        std::string path = place == open_.scopes.end() ? std::string{} : place->second;
        open_.scopes.insert_or_assign(r.scope, std::move(path));
    }
    void on(const engine::UndoEnded& r) { open_.scopes.erase(r.scope); }

    void on(const engine::ExecutionCompleted&) { end(core::ExecutionStatus::completed, nullptr); }
    void on(const engine::ExecutionFailed& r) { end(core::ExecutionStatus::failed, &r.failure); }
    void on(const engine::ExecutionCanceled&) { end(core::ExecutionStatus::canceled, nullptr); }

    /// Nobody counts the others.
    template <class Other>
    void on(const Other&) {}

    bool is_known(core::NodeIndex node) const { return node.value < open_.plan->nodes().size(); }

    OpenRun& begun(const engine::RunKey& key) {
        const auto [at, is_new] = open_.runs.try_emplace(key);
        if (is_new) at->second.started = at_;
        return at->second;
    }

    void close(OpenRun& run, std::optional<core::Failure> error) {
        if (!run.attempt) return;
        run.has_failed = error.has_value();
        run.attempt->ended = at_;
        run.attempt->error = std::move(error);
        if (run.finished.size() >= attempts_kept_max) run.finished.erase(run.finished.begin());
        run.finished.push_back(std::move(*run.attempt));
        run.attempt.reset();
    }

    std::string path_of(const engine::RunKey& key) const {
        const std::string& id = open_.plan->node(key.node).id;
        if (key.scope == 0) return id;
        const auto scope = open_.scopes.find(key.scope);
        if (scope == open_.scopes.end() || scope->second.empty()) return id;
        return scope->second + "." + id;
    }

    void end(const engine::RunKey& key, core::NodeStatus status, const core::Failure* error,
             engine::CompletedBy by = engine::CompletedBy::outputs) {
        const auto found = open_.runs.find(key);
        OpenRun none;
        none.started = at_;
        OpenRun& run = found == open_.runs.end() ? none : found->second;
        if (is_known(key.node)) {
            std::optional<core::Failure> closing;
            if (error != nullptr && run.attempt) closing = *error;
            close(run, std::move(closing));
            tell(key, run, status, error, by);
        }
        if (status != core::NodeStatus::skipped) ++open_.runs_ended;
        open_.retries += run.retries;
        if (found != open_.runs.end()) open_.runs.erase(found);
    }

    void tell(const engine::RunKey& key, const OpenRun& run, core::NodeStatus status,
              const core::Failure* error, engine::CompletedBy by) {
        const engine::PlanNode& node = open_.plan->node(key.node);
        const std::string path = key.scope == 0 ? std::string{} : path_of(key);
        const ObservedExecution execution = open_.observed();
        sink_.on_node({.execution = execution,
                       .run = key,
                       .node_id = node.id,
                       .node_type = node.definition->type.type,
                       .path = key.scope == 0 ? std::string_view{node.id} : std::string_view{path},
                       .status = status,
                       .by = by,
                       .started = run.started,
                       .ended = at_,
                       .attempts = run.attempts,
                       .retries = run.retries,
                       .finished = run.finished,
                       .error = error,
                       .executor = run.executor});
    }

    void end(core::ExecutionStatus status, const core::Failure* error) {
        open_.is_ended = true;
        const ObservedExecution execution = open_.observed();
        sink_.on_ended({.execution = execution,
                        .status = status,
                        .ended = at_,
                        .error = error,
                        .runs = open_.runs_ended,
                        .retries = open_.retries});
    }

    Open& open_;
    FactSink& sink_;
    core::Time at_;
};

}  // namespace

FactFold::FactFold(Journals& journals, std::size_t bytes_max)
    : journals_{journals}, short_{bytes_max / 2}, long_{bytes_max / 2} {}

FactFold::~FactFold() = default;

std::size_t FactFold::size() const {
    return short_.size() + long_.size();
}

void FactFold::clear() {
    short_.clear();
    long_.clear();
    plans_.clear();
}

FactFold::OpenPtr FactFold::take(core::ExecutionId id) {
    auto known = short_.take(id);
    if (!known) known = long_.take(id);
    return known ? *std::move(known) : nullptr;
}

void FactFold::keep(OpenPtr open) {
    const core::ExecutionId id = open->id;
    const std::size_t bytes = open->bytes();
    OpenMap& map = open->next_seq > short_records_max ? long_ : short_;
    map.put(id, std::move(open), bytes);
}

core::Result<std::shared_ptr<const engine::Plan>> FactFold::plan(const std::string& workflow_id,
                                                                 std::uint32_t version) {
    PlanKey key{workflow_id, version};
    if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
    auto loaded = journals_.plan(workflow_id, version);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    if (plans_.size() >= plans_max) plans_.clear();
    plans_.emplace(std::move(key), *loaded);
    return loaded;
}

core::Result<> FactFold::fold(const RowToFold& row, FactSink& sink) {
    OpenPtr open = take(row.id);
    if (open != nullptr && open->next_seq > row.first_seq) {
        keep(std::move(open));
        return {};
    }
    NoSink nobody;
    FactSink& before = open == nullptr ? static_cast<FactSink&>(nobody) : sink;
    if (open == nullptr) open = std::make_unique<Open>(row.id);
    if (const auto told = advance(*open, row, before, sink); !told) return told;
    // Most executions begin and end in one row, and are never kept.
    if (!open->is_ended) keep(std::move(open));
    return {};
}

core::Result<> FactFold::advance(Open& open, const RowToFold& row, FactSink& before,
                                 FactSink& sink) {
    while (open.next_seq < row.first_seq) {
        const auto read = next_row(open);
        if (!read) return std::unexpected(read.error());
        if (const auto told = apply(open, *read, before); !told) return told;
    }
    const bool is_given = !row.bytes.empty() && open.ahead.empty();
    if (is_given) return apply(open, row.bytes, sink);
    const auto read = next_row(open);
    if (!read) return std::unexpected(read.error());
    return apply(open, *read, sink);
}

/// The packed row that begins with the record that is expected.
core::Result<std::string> FactFold::next_row(Open& open) {
    if (open.ahead.empty()) {
        auto rows = journals_.rows(open.id, open.next_seq - 1);
        if (!rows) return std::unexpected(std::move(rows.error()));
        std::size_t bytes = 0;
        for (std::string& row : *rows) {
            if (bytes > ahead_bytes_max) break;
            bytes += row.size();
            open.ahead.push_back(std::move(row));
        }
        open.ahead_bytes = bytes;
    }
    if (open.ahead.empty()) return std::unexpected(missing(open.id, open.next_seq));
    std::string row = std::move(open.ahead.front());
    open.ahead.pop_front();
    open.ahead_bytes -= row.size();
    return row;
}

core::Result<> FactFold::apply(Open& open, std::string_view bytes, FactSink& sink) {
    std::optional<core::Error> failed;
    Folding<Open> folding{open, sink};
    bool tells_creation = false;
    const auto skimmed = engine::skim_row(bytes, [&](const engine::Record& record) {
        if (failed || open.is_ended) return;
        if (record.seq != open.next_seq) {
            failed = missing(open.id, open.next_seq);
            return;
        }
        ++open.next_seq;
        if (const auto* created = std::get_if<engine::ExecutionCreated>(&record.body)) {
            auto found = plan(created->workflow_id, created->workflow_version);
            if (!found) {
                failed = std::move(found.error());
                return;
            }
            open.plan = *std::move(found);
            tells_creation = true;
        }
        if (open.plan == nullptr) {
            failed = missing(open.id, 1);
            return;
        }
        // What was asked of it follows its creation, and is told with it.
        if (tells_creation && !is_option(record.body)) {
            tells_creation = false;
            sink.on_created(open.observed());
        }
        folding.fold(record);
    });
    if (failed) return std::unexpected(*std::move(failed));
    if (!skimmed) return std::unexpected(skimmed.error());
    if (tells_creation) sink.on_created(open.observed());
    return {};
}

}  // namespace millrace::server
