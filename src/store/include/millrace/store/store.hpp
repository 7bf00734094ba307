// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::store {

enum class StoreErrc {
    io,               ///< the operating system or the database failed; the message says how
    full,             ///< no space left; nothing of the call was kept
    read_only,        ///< the folder or the file may not be written
    locked,           ///< another process owns the data
    corrupt,          ///< the database is damaged; the message says what to do
    newer_schema,     ///< written by a newer version of Millrace
    older_schema,     ///< needs `millrace db migrate`
    stale_epoch,      ///< another owner has taken over; this one must stop
    timed_out,        ///< a reading call took longer than a reader may hold the log
    outcome_unknown,  ///< the commit may or may not have happened; reopen and read the position
    not_found,
    conflict,  ///< what is stored is in a state that does not allow it, or was changed meanwhile
    bad_argument,
};
std::string_view code_text(StoreErrc code);

/// Rises each time an owner takes the store over; fences the one before.
struct Epoch {
    std::uint64_t value = 0;

    auto operator<=>(const Epoch&) const = default;
};

/// What a new owner continues from.
struct Ownership {
    Epoch epoch;
    std::uint64_t frame = 0;  ///< number of the last committed frame, of any partition
    core::Time last_frame;    ///< its time
};

struct WorkflowVersion {
    std::string workflow_id;
    std::uint32_t number = 1;
    std::string hash;      ///< SHA-256 of the canonical document
    std::string document;  ///< the document as JSON, as it was saved
    core::Time created_at;
};

struct ExecutionFilter {
    std::optional<std::string> workflow_id;
    std::optional<core::ExecutionStatus> status;
    std::optional<core::ExecutionId> parent;   ///< those that it has started
    std::optional<core::Time> created_after;   ///< at this time or later
    std::optional<core::Time> created_before;  ///< earlier than this time
    bool live_only = false;                    ///< not finished
};
struct ExecutionPage {
    std::vector<engine::ExecutionRow> items;  ///< newest first, which is descending by id
    std::optional<std::string> next_cursor;   ///< opaque, stable under inserts
};

/// What recovery needs of one live execution.
struct StoredHistory {
    std::string snapshot;           ///< empty: none
    std::vector<std::string> rows;  ///< packed journal rows after the snapshot
};

/// An execution that left memory and is found again here.
struct ParkedExecution {
    core::ExecutionId id;
    std::string workflow_id;
    std::uint32_t workflow_version = 1;
    core::ExecutionStatus status = core::ExecutionStatus::waiting;  ///< or pending, or paused
    std::int32_t priority = 0;
    core::Time created_at;
    std::optional<core::Time> wake_at;  ///< none: only a command wakes it
    bool is_limited = false;            ///< counts against its workflow's limit of executions
};

/// A place in the order of waking; the default one is before all others.
struct WakePosition {
    core::Time wake_at{std::numeric_limits<std::int64_t>::min()};
    core::ExecutionId id;

    auto operator<=>(const WakePosition&) const = default;
};

struct StoreStatus {
    std::string location;  ///< for people
    std::uint32_t schema_version = 0;
    std::uint32_t newest_schema_version = 0;
    std::uint64_t executions = 0;
    std::uint64_t live_executions = 0;  ///< not finished, parked ones included
    std::uint64_t parked_executions = 0;
    std::uint64_t journal_rows = 0;
    std::uint64_t bytes = 0;  ///< on disk, with the write-ahead log
};

class Cursors;
/// How much there is, as far as that is known without looking at what is finished.
struct StoreExtent {
    std::uint64_t bytes = 0;      ///< on disk, without the write-ahead log
    std::uint64_t wal_bytes = 0;  ///< of that log
    std::uint64_t live_executions = 0;
    std::uint64_t parked_executions = 0;  ///< of them
    std::uint64_t open_dead_letters = 0;
};

class DeadLetters;
class Feed;
class Idempotency;
class Library;
class NodeLibrary;
class ResultCache;
class Retention;
class Rollups;
class Schedules;
class Secrets;
class StartKeys;
class TriggerCounts;
class Triggers;
class Variables;
class Waits;

/// The truth. Writing calls are made by one thread; reading ones may come from any thread and see
/// committed state only. A failed call keeps nothing, except that `outcome_unknown` may have: after
/// it every writing call fails with `io` until `reopen`. After any other error the store may be
/// used on. All keys begin with the tenant, which is `default` here.
class Store {
public:
    virtual ~Store() = default;

    /// Raises the epoch of all partitions in one transaction. After `outcome_unknown` it may be
    /// called again.
    virtual core::Result<Ownership> take_ownership() = 0;

    /// Writes journal, execution, snapshot, parked, wait, dead-letter and shared rows of `frame`
    /// and the position of its partitions in one durable transaction; a frame without such rows is
    /// not written. `stale_epoch` once another owner has taken over. `bad_argument` when the
    /// frame's number is not above the position of its partitions, a journal row or an execution
    /// exists already, or an execution to finish or to park is not live; `not_found` when the
    /// workflow version of a new execution was not saved. Journal and snapshot rows belong to
    /// executions of this or an earlier frame. The status of a parked execution is pending, waiting
    /// or paused, of any other live one running, whatever its row said. Within one frame `inserted`
    /// comes first, then `unparked`, `parked`, `finished`; one that is not parked may be unparked.
    /// Finishing an execution deletes its snapshot and what told that it was parked.
    virtual core::Result<> commit(const engine::Frame& frame, Epoch epoch) = 0;

    /// Keeps the write-ahead log bounded; called between frames, nearly always free.
    virtual core::Result<> checkpoint() = 0;

    /// Drops the handle and opens the database again, as after a failed or unknown commit. The
    /// position that counts is the returned one.
    virtual core::Result<Ownership> reopen(Epoch epoch) = 0;

    /// Saves a version of a workflow; an equal hash gives the existing one. It becomes the head of
    /// a workflow that is only run from files; see `Library`.
    virtual core::Result<WorkflowVersion> save_version(const std::string& workflow_id,
                                                       const std::string& hash,
                                                       const std::string& document,
                                                       core::Time now) = 0;
    virtual core::Result<WorkflowVersion> version(const std::string& workflow_id,
                                                  std::uint32_t number) = 0;

    virtual core::Result<engine::ExecutionRow> execution(core::ExecutionId id) = 0;
    /// At most `limit` (1 to 1,000) rows that follow `cursor`; empty: from the newest. With
    /// `created_after` a page that comes upon very many that are older, or not in the wanted
    /// status, may end before it is full, or be empty: what follows is behind its `next_cursor`.
    virtual core::Result<ExecutionPage> executions(const ExecutionFilter& filter, std::size_t limit,
                                                   const std::string& cursor) = 0;
    /// At most `limit` executions that failed at `since` or later, of one workflow or of all: the
    /// last failure first. Looks at failed ones only.
    virtual core::Result<ExecutionPage> failures(core::Time since,
                                                 const std::optional<std::string>& workflow_id,
                                                 std::size_t limit, const std::string& cursor) = 0;
    /// Snapshot and tail of one execution; `corrupt` when a row between them is missing.
    virtual core::Result<StoredHistory> history(core::ExecutionId id) = 0;
    /// The same for many, in their order: the way to load thousands. What is wrong with one is told
    /// in its place; the whole fails only when nothing could be read.
    virtual core::Result<std::vector<core::Result<StoredHistory>>> histories(
        std::span<const core::ExecutionId> ids) = 0;
    /// All journal rows of one execution from the first; `after_seq` leaves out rows that end at
    /// or before it.
    virtual core::Result<std::vector<std::string>> journal(core::ExecutionId id,
                                                           std::uint64_t after_seq) = 0;

    // None of these four looks at finished executions, however many there are.

    /// At most `limit` executions that are neither finished nor parked, oldest first, after the
    /// id `after` (nil: from the first): what a new owner has to recover.
    virtual core::Result<std::vector<engine::ExecutionRow>> unparked(std::size_t limit,
                                                                     core::ExecutionId after) = 0;
    /// At most `limit` parked executions that wake before `before`, in order of (wake_at, id),
    /// after the place `after`.
    virtual core::Result<std::vector<ParkedExecution>> due_parked(core::Time before,
                                                                  std::size_t limit,
                                                                  WakePosition after) = 0;
    /// When the first parked execution wakes that does so at `from` or later.
    virtual core::Result<std::optional<core::Time>> next_wake(core::Time from) = 0;
    /// At most `limit` parked executions that count against their workflow's limit, in order of
    /// id, after the id `after` (nil: from the first).
    virtual core::Result<std::vector<ParkedExecution>> limited_parked(std::size_t limit,
                                                                      core::ExecutionId after) = 0;

    /// What executions share, as frames have left it: the last row of each key that was not
    /// forgotten since, in order of kind and key.
    virtual core::Result<std::vector<engine::SharedRow>> shared() = 0;

    virtual core::Result<StoreStatus> status() = 0;
    /// What can be told of it in a moment.
    virtual core::Result<StoreExtent> extent() = 0;

    // What frames do not wait for. The parts end with the store, and their writing calls are among
    // those that one thread makes at a time.

    virtual Library& library() = 0;
    virtual DeadLetters& dead_letters() = 0;
    virtual ResultCache& result_cache() = 0;
    virtual Secrets& secrets() = 0;
    virtual Feed& feed() = 0;
    virtual Idempotency& idempotency() = 0;
    virtual StartKeys& start_keys() = 0;
    virtual Variables& variables() = 0;
    virtual NodeLibrary& node_library() = 0;
    virtual Retention& retention() = 0;
    virtual Rollups& rollups() = 0;
    virtual Waits& waits() = 0;
    virtual Schedules& schedules() = 0;
    virtual Triggers& triggers() = 0;
    virtual TriggerCounts& trigger_counts() = 0;
    virtual Cursors& cursors() = 0;
};

}  // namespace millrace::store
