// SPDX-License-Identifier: Apache-2.0
#include "service/janitor.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analytics/window.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/retention.hpp"
#include "millrace/store/rollups.hpp"
#include "millrace/store/start_keys.hpp"
#include "service/retention_rules.hpp"
#include "service/services.hpp"

namespace millrace::server {
namespace {

// Some milliseconds of writing each: no frame waits for longer.
constexpr std::size_t executions_at_once = 200;
// Each of them is read whole for it.
constexpr std::size_t archived_at_once = 50;
constexpr std::size_t answers_at_once = 500;
constexpr std::uint64_t bytes_at_once = 2u << 20;
/// Stays free: the next commits need some, and growing a file costs more than using its pages.
constexpr std::uint64_t bytes_kept = 1u << 20;
constexpr core::Duration pause{5};
constexpr core::Duration interval_min{100};
/// An execution is told of so much later than the time of its end at most.
constexpr core::Duration commit_time_max{2'000};

}  // namespace

JanitorParts janitor_parts(Services& services) {
    runtime::Runtime& runtime = services.runtime;
    return {.store = runtime.store(),
            .write =
                [&runtime](const std::function<core::Result<>(store::Store&)>& task) {
                    return runtime.write(task);
                },
            .log = services.log,
            .line = [&services](core::ExecutionId id) { return archive_line(services, id); },
            .work = services.work,
            .later = services.later,
            .now =
                [] {
                    const auto since = std::chrono::system_clock::now().time_since_epoch();
                    return core::Time{
                        std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
                }};
}

/// One clean-up after the other. Its pieces run one at a time, each of which plans the next.
class Janitor::Rounds : public std::enable_shared_from_this<Rounds> {
public:
    explicit Rounds(JanitorParts parts)
        : parts_{std::move(parts)}, archive_{parts_.line, parts_.log} {}

    void start(const RetentionOptions& options) {
        const std::scoped_lock lock{mutex_};
        options_ = options;
        archive_.use_folder(options.archive_folder);
        is_stopped_ = false;
        ++round_;
        begin_round();
        plan(interval());
    }
    void stop() {
        const std::scoped_lock lock{mutex_};
        is_stopped_ = true;
    }
    ComponentHealth archive_health() const { return archive_.health(); }

private:
    enum class Step {
        give_back,
        rules,
        by_rule,
        by_age,
        by_count,
        answers,
        start_keys,
        rollups,
        done
    };

    core::Duration interval() const { return std::max(options_.interval, interval_min); }

    void begin_round() {
        step_ = Step::give_back;
        cursor_.clear();
        to_give_back_.reset();
        removed_ = 0;
        given_back_ = 0;
        archive_.begin_round();
    }

    void plan(core::Duration delay) {
        parts_.later(delay, [self = shared_from_this(), round = round_] {
            self->parts_.work([self, round] { self->piece(round); });
        });
    }

    void piece(std::uint64_t round) {
        const std::scoped_lock lock{mutex_};
        if (is_stopped_ || round != round_) return;
        const core::Result<bool> more = do_step();
        if (!more) {
            parts_.log.write(
                runtime::LogLevel::warning,
                "old executions could not be removed; this is tried again",
                {{"code", std::string{more.error().code()}}, {"error", more.error().message()}});
            begin_round();
            return plan(interval());
        }
        if (!*more) {
            step_ = static_cast<Step>(static_cast<int>(step_) + 1);
            cursor_.clear();
        }
        if (step_ != Step::done) return plan(pause);
        tell();
        archive_.end_round();
        begin_round();
        plan(interval());
    }

    /// Whether there is more of the same to do.
    core::Result<bool> do_step() {
        switch (step_) {
            case Step::give_back: return give_back();
            case Step::rules: return read_rules();
            case Step::by_rule: return prune_by_rule();
            case Step::by_age:
                if (options_.age.ms <= 0) return false;
                return prune(
                    {.except = rules_.with_age(), .completed_before = parts_.now() - options_.age});
            case Step::by_count:
                if (options_.count == 0) return false;
                return prune({.except = rules_.with_count(), .keep_newest = options_.count});
            case Step::answers: return forget_answers();
            case Step::start_keys: return forget_start_keys();
            case Step::rollups: return forget_rollups();
            case Step::done: return false;
        }
        return false;
    }

    core::Result<bool> give_back() {
        if (!to_give_back_) {
            const auto free = parts_.store.retention().free_bytes();
            if (!free) return std::unexpected(free.error());
            to_give_back_ = *free - std::min(*free, bytes_kept);
        }
        if (*to_give_back_ == 0) return false;
        std::uint64_t given = 0;
        const auto done = parts_.write([&](store::Store& store) -> core::Result<> {
            const auto back = store.retention().give_back(std::min(*to_give_back_, bytes_at_once));
            if (!back) return std::unexpected(back.error());
            given = *back;
            return {};
        });
        if (!done) return std::unexpected(done.error());
        given_back_ += given;
        *to_give_back_ -= std::min(given, *to_give_back_);
        return given > 0;
    }

    core::Result<bool> read_rules() {
        if (auto read = rules_.read(parts_.store); !read) return std::unexpected(read.error());
        if (auto read = read_counted(); !read) return std::unexpected(read.error());
        at_rule_.clear();
        by_count_ = false;
        return false;
    }

    /// What is removed before analytics have counted it would be missing there.
    core::Result<> read_counted() {
        counted_before_.reset();
        const core::Time now = parts_.now();
        const auto progress = parts_.store.rollups().progress();
        if (!progress) return std::unexpected(progress.error());
        if (!*progress) return {};
        const auto end = parts_.store.feed().end();
        if (!end) return std::unexpected(end.error());
        counted_before_ = now - commit_time_max;
        if ((*progress)->position < *end)
            counted_before_ = std::min(*counted_before_, (*progress)->at);
        return {};
    }

    /// One piece of what one workflow says: by age first, then by number.
    core::Result<bool> prune_by_rule() {
        const auto rule = rules_.rules().lower_bound(at_rule_);
        if (rule == rules_.rules().end()) return false;
        const auto& [id, keeps] = *rule;
        at_rule_ = id;
        core::Result<bool> more = false;
        if (!by_count_ && keeps.max_age)
            more = prune({.workflow_id = id, .completed_before = parts_.now() - *keeps.max_age});
        if (by_count_ && keeps.max_count)
            more = prune({.workflow_id = id, .keep_newest = *keeps.max_count});
        if (!more || *more) return more;
        cursor_.clear();
        // Behind this id and before any other.
        if (by_count_) at_rule_ += '\0';
        by_count_ = !by_count_;
        return true;
    }

    core::Result<bool> forget_rollups() {
        constexpr std::size_t rows_at_once = 1'000;
        constexpr core::Duration slack{7'200'000};  // for a question under way, and other clocks
        std::uint64_t forgotten = 0;
        const auto done = parts_.write([&](store::Store& store) -> core::Result<> {
            using store::RollupSpan;
            for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour, RollupSpan::day}) {
                const core::Time before = needed_from(span, parts_.now()) - slack;
                const auto gone = store.rollups().forget(span, before, rows_at_once);
                if (!gone) return std::unexpected(gone.error());
                forgotten = std::max(forgotten, *gone);
            }
            return {};
        });
        if (!done) return std::unexpected(done.error());
        return forgotten == rows_at_once;
    }

    core::Result<bool> prune(store::PruneRequest request) {
        // What comes after it is done although executions stay.
        if (archive_.has_failed()) return false;
        request.limit = archive_.is_used() ? archived_at_once : executions_at_once;
        if (counted_before_) {
            request.completed_before =
                std::min(request.completed_before.value_or(*counted_before_), *counted_before_);
        }
        request.cursor = cursor_;
        const auto found = parts_.store.retention().prunable(request);
        if (!found) return std::unexpected(found.error());
        std::vector<core::ExecutionId> kept;
        std::span<const core::ExecutionId> ids{found->ids};
        if (archive_.is_used()) {
            const auto removable = parts_.store.retention().removable(ids);
            if (!removable) return std::unexpected(removable.error());
            kept = archive_.keep(*removable);
            ids = kept;
        }
        while (!ids.empty()) {
            store::Pruned pruned;
            const auto done = parts_.write([&](store::Store& store) -> core::Result<> {
                auto piece = store.retention().prune(ids);
                if (!piece) return std::unexpected(piece.error());
                pruned = *piece;
                return {};
            });
            if (!done) return std::unexpected(done.error());
            removed_ += pruned.executions;
            ids = ids.subspan(pruned.done);
        }
        cursor_ = found->next_cursor.value_or("");
        return found->next_cursor.has_value();
    }

    core::Result<bool> forget_answers() {
        if (options_.idempotency.ms <= 0) return false;
        std::uint64_t forgotten = 0;
        const auto done = parts_.write([&](store::Store& store) -> core::Result<> {
            const auto gone = store.idempotency().forget_before(parts_.now() - options_.idempotency,
                                                                answers_at_once);
            if (!gone) return std::unexpected(gone.error());
            forgotten = *gone;
            return {};
        });
        if (!done) return std::unexpected(done.error());
        return forgotten == answers_at_once;
    }

    /// Each says itself how long it is known: what may come twice decides that, and no setting.
    core::Result<bool> forget_start_keys() {
        std::uint64_t forgotten = 0;
        const auto done = parts_.write([&](store::Store& store) -> core::Result<> {
            const auto gone = store.start_keys().forget_over(parts_.now(), answers_at_once);
            if (!gone) return std::unexpected(gone.error());
            forgotten = *gone;
            return {};
        });
        if (!done) return std::unexpected(done.error());
        return forgotten == answers_at_once;
    }

    void tell() {
        if (removed_ == 0 && given_back_ == 0) return;
        parts_.log.write(runtime::LogLevel::debug, "old executions were removed",
                         {{"executions", std::to_string(removed_), true},
                          {"bytes_given_back", std::to_string(given_back_), true}});
    }

    const JanitorParts parts_;
    std::mutex mutex_;  // held by the piece that runs
    RetentionOptions options_;
    ExecutionArchive archive_;
    bool is_stopped_ = true;
    std::uint64_t round_ = 0;  // tasks of an earlier start do nothing
    Step step_ = Step::give_back;
    std::string cursor_;
    RetentionRules rules_;
    std::optional<core::Time> counted_before_;   // none: nothing is counted
    std::string at_rule_;                        // the workflow whose rule is next
    bool by_count_ = false;                      // that rule's number, not its age
    std::optional<std::uint64_t> to_give_back_;  // none: not asked yet
    std::uint64_t removed_ = 0;
    std::uint64_t given_back_ = 0;
};

Janitor::Janitor(JanitorParts parts) : rounds_{std::make_shared<Rounds>(std::move(parts))} {}

Janitor::~Janitor() {
    stop();
}

void Janitor::start(const RetentionOptions& options) {
    rounds_->start(options);
}

void Janitor::stop() {
    rounds_->stop();
}

ComponentHealth Janitor::archive_health() const {
    return rounds_->archive_health();
}

}  // namespace millrace::server
