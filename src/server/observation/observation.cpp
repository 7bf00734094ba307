// SPDX-License-Identifier: Apache-2.0
#include "observation/observation.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/runtime/observer.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"
#include "observation/fact_fold.hpp"

namespace millrace::server {
namespace {

/// Statistics need not be of this very moment.
constexpr core::Duration told_after{200};
/// Of rows that are committed and not folded yet; beyond it they are read of the store.
constexpr std::size_t inbox_bytes_max = 32u << 20;
/// Rows of the feed that one task reads. Others get their turn in between.
constexpr std::size_t feed_rows_at_once = 500;
/// Until what could not be read is tried again.
constexpr core::Duration retry_after{1'000};

/// The store may answer the same another time.
bool may_pass(const core::Error& error) {
    using store::StoreErrc;
    return error.is(StoreErrc::io) || error.is(StoreErrc::full) || error.is(StoreErrc::locked) ||
           error.is(StoreErrc::timed_out) || error.is(StoreErrc::outcome_unknown) ||
           error.is(runtime::RuntimeErrc::busy) || error.is(runtime::RuntimeErrc::unavailable) ||
           error.is(runtime::RuntimeErrc::timed_out);
}

std::size_t bytes_of(const runtime::CommittedRow& row) {
    return row.bytes.size() + row.workflow_id.size() + sizeof(row);
}

/// Tells all sinks that have not been told of a row yet.
class Fan final : public FactSink {
public:
    struct Entry {
        std::shared_ptr<FactSink> sink;
        store::FeedPosition after;
    };

    void add(Entry entry) { entries_.push_back(std::move(entry)); }
    std::span<Entry> entries() { return entries_; }
    void set_row(store::FeedPosition position) { row_ = position; }

    void on_created(const ObservedExecution& execution) override {
        for (const Entry& entry : entries_)
            if (entry.after < row_) entry.sink->on_created(execution);
    }
    void on_node(const NodeFact& fact) override {
        for (const Entry& entry : entries_)
            if (entry.after < row_) entry.sink->on_node(fact);
    }
    void on_ended(const ExecutionFact& fact) override {
        for (const Entry& entry : entries_)
            if (entry.after < row_) entry.sink->on_ended(fact);
    }
    void on_position(store::FeedPosition position) override {
        for (Entry& entry : entries_) {
            if (entry.after >= position) continue;
            entry.after = position;
            entry.sink->on_position(position);
        }
    }
    void on_gap(store::FeedPosition position) override {
        for (Entry& entry : entries_) {
            if (entry.after >= position) continue;
            entry.after = position;
            entry.sink->on_gap(position);
        }
    }

private:
    std::vector<Entry> entries_;
    store::FeedPosition row_;
};

}  // namespace

/// Takes rows from the notifier's thread and folds them on a work thread, one task at a time.
class Observation::Pump final : public runtime::Observer,
                                public std::enable_shared_from_this<Pump> {
public:
    explicit Pump(Parts parts) : parts_{std::move(parts)}, fold_{*parts_.journals} {}

    void add(std::shared_ptr<FactSink> sink, std::optional<store::FeedPosition> after) {
        const std::scoped_lock lock{folding_};
        added_.emplace_back(std::move(sink), after);
    }

    core::Result<> start() {
        {
            const std::scoped_lock lock{folding_};
            const auto end = parts_.journals->feed_end();
            if (!end) return std::unexpected(end.error());
            told_ = *end;
            for (auto& [sink, after] : added_) {
                const store::FeedPosition place = std::min(after.value_or(*end), *end);
                told_ = std::min(told_, place);
                fan_.add({std::move(sink), place});
            }
            added_.clear();
        }
        is_started_ = true;
        parts_.journals->observe(shared_from_this());
        // What is committed until then is in the store only.
        on_lagged(0);
        return {};
    }

    void stop() {
        parts_.journals->unobserve(shared_from_this());
        is_stopped_ = true;
        const std::scoped_lock lock{folding_};
    }

    void settle() {
        if (!is_started_) return;
        // The notifier may still hold some of it; the store has all.
        {
            const std::scoped_lock lock{mutex_};
            inbox_ = {};
            inbox_.has_gap = true;
        }
        while (!is_stopped_ && fold_some()) {
        }
    }

    std::size_t waiting() const {
        const std::scoped_lock lock{mutex_};
        return inbox_.rows.size();
    }

    core::Duration patience() const override { return told_after; }

    void on_committed(std::span<const runtime::CommittedRow> rows) override {
        bool is_new = false;
        {
            const std::scoped_lock lock{mutex_};
            for (const runtime::CommittedRow& row : rows) {
                inbox_.bytes += bytes_of(row);
                if (!inbox_.has_gap) inbox_.rows.push_back(row);
            }
            if (inbox_.bytes > inbox_bytes_max) {
                inbox_ = {};
                inbox_.has_gap = true;
            }
            is_new = !std::exchange(is_scheduled_, true);
        }
        schedule(is_new);
    }

    void on_lagged(std::uint64_t) override {
        bool is_new = false;
        {
            const std::scoped_lock lock{mutex_};
            inbox_.has_gap = true;
            is_new = !std::exchange(is_scheduled_, true);
        }
        schedule(is_new);
    }

private:
    struct Inbox {
        std::vector<runtime::CommittedRow> rows;
        std::size_t bytes = 0;
        bool has_gap = false;  ///< somewhere among these rows, or behind them
    };

    void schedule(bool is_wanted) {
        if (is_wanted && !is_stopped_) parts_.work([self = shared_from_this()] { self->run(); });
    }

    void run() {
        const bool is_more = !is_stopped_ && fold_some();
        {
            const std::scoped_lock lock{mutex_};
            is_scheduled_ = is_more || !inbox_.rows.empty() || inbox_.has_gap;
            if (!is_scheduled_) return;
        }
        // As a task of its own: others get their turn in between.
        schedule(true);
    }

    /// Whether there is more of it at once.
    bool fold_some() {
        const std::scoped_lock folding{folding_};
        Inbox inbox;
        {
            const std::scoped_lock lock{mutex_};
            std::swap(inbox, inbox_);
        }
        is_behind_ |= inbox.has_gap;
        if (is_behind_) return fold_feed();
        for (const runtime::CommittedRow& row : inbox.rows)
            if (!fold(row.position, {row.id, row.first_seq, row.bytes})) break;
        fan_.on_position(told_);
        return false;
    }

    /// What the store says that was committed behind the last row that was told.
    bool fold_feed() {
        const auto rows = parts_.journals->feed(told_, feed_rows_at_once);
        if (!rows) {
            skip_forgotten(rows.error());
            return false;
        }
        const bool is_read = std::ranges::all_of(*rows, [this](const store::FeedRow& row) {
            return fold(row.position, {row.id, row.first_seq, {}});
        });
        is_behind_ = !is_read || rows->size() == feed_rows_at_once;
        if (is_read) is_failing_ = false;
        fan_.on_position(told_);
        return is_read && is_behind_;
    }

    void skip_forgotten(const core::Error& error) {
        if (!error.is(store::StoreErrc::not_found)) return try_again(error);
        const auto end = parts_.journals->feed_end();
        if (!end) return try_again(end.error());
        fold_.clear();
        told_ = *end;
        is_behind_ = false;
        fan_.on_gap(*end);
    }

    /// Whether the row is done with. Of one that is not nothing has been told: the fold reads all
    /// that it needs before.
    bool fold(store::FeedPosition position, const RowToFold& row) {
        if (position <= told_) return true;
        fan_.set_row(position);
        const auto folded = fold_.fold(row, fan_);
        if (!folded && may_pass(folded.error())) {
            try_again(folded.error());
            return false;
        }
        // Retention may have removed an execution whose rows are still in the feed.
        if (!folded && !folded.error().is(store::StoreErrc::not_found)) {
            log("metrics, traces and analytics leave something out of an execution",
                {{"execution_id", row.id.text()}, {"error", folded.error().message()}});
        }
        told_ = position;
        return true;
    }

    /// From the place that was told last: others count on it that nothing before it is left out.
    void try_again(const core::Error& error) {
        is_behind_ = true;
        if (!std::exchange(is_failing_, true)) {
            log("metrics, traces and analytics cannot go on now; this is tried again",
                {{"error", error.message()}});
        }
        if (is_stopped_ || is_planned_.exchange(true)) return;
        parts_.later(retry_after, [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (self == nullptr) return;
            self->is_planned_ = false;
            self->on_lagged(0);
        });
    }

    void log(std::string_view message, std::initializer_list<runtime::LogField> fields) {
        if (parts_.log != nullptr) parts_.log->write(runtime::LogLevel::warning, message, fields);
    }

    const Parts parts_;
    std::atomic<bool> is_started_ = false;
    std::atomic<bool> is_stopped_ = false;
    std::atomic<bool> is_planned_ = false;  ///< a task will try again what could not be read

    mutable std::mutex mutex_;  // guards the next two
    Inbox inbox_;
    bool is_scheduled_ = false;

    std::mutex folding_;  // guards what follows, and is held while sinks are told
    FactFold fold_;
    std::vector<std::pair<std::shared_ptr<FactSink>, std::optional<store::FeedPosition>>> added_;
    Fan fan_;
    store::FeedPosition told_;
    bool is_behind_ = false;   ///< rows are read of the store
    bool is_failing_ = false;  ///< that cannot be done, and it is told
};

Observation::Observation(Parts parts) : pump_{std::make_shared<Pump>(std::move(parts))} {}

Observation::~Observation() {
    stop();
}

void Observation::add(std::shared_ptr<FactSink> sink, std::optional<store::FeedPosition> after) {
    pump_->add(std::move(sink), after);
}

core::Result<> Observation::start() {
    return pump_->start();
}

void Observation::settle() {
    pump_->settle();
}

void Observation::stop() {
    pump_->stop();
}

std::size_t Observation::waiting() const {
    return pump_->waiting();
}

}  // namespace millrace::server
