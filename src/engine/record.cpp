// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/record.hpp"

#include "millrace/core/binary.hpp"
#include "record_fields.hpp"

namespace millrace::engine {
namespace {

using core::BinaryReader;
using core::BinaryWriter;

constexpr std::uint8_t row_format = 1;

/// The stored kinds, in the variant's order. A number is never used again for something else.
constexpr std::uint16_t kinds[] = {
    1,    // ExecutionCreated
    2,    // CancelRequested
    3,    // AttemptSucceeded
    4,    // AttemptFailed
    5,    // TimerFired
    6,    // Recovered
    7,    // Continued
    20,   // ExecutionStarted
    21,   // AttemptStarted
    22,   // AttemptReissued
    23,   // RetryScheduled
    24,   // RunWaiting
    25,   // RunCompleted
    26,   // RunFailed
    27,   // RunSkipped
    28,   // RunCanceled
    29,   // LinkSettled
    30,   // LinkFailed
    35,   // RunNoted
    31,   // ExecutionWaiting
    32,   // ExecutionCompleted
    33,   // ExecutionFailed
    34,   // ExecutionCanceled
    8,    // ExecutionConfigured
    9,    // PermitGranted
    10,   // PauseRequested
    11,   // ResumeRequested
    12,   // VariablesChanged
    13,   // BreakpointsSet
    14,   // StepRequested
    15,   // NodeCommanded
    36,   // ExecutionPaused
    37,   // ExecutionRestarted
    38,   // ContainerOpened
    39,   // ScopeOpened
    40,   // ScopeClosed
    41,   // IterationChecked
    42,   // ContainerStopped
    43,   // UndoStarted
    44,   // UndoEnded
    45,   // UndoSkipped
    46,   // OutputsFailed
    16,   // StartDelayed
    100,  // ExecutionLinked
    101,  // ExecutionTraced
    102,  // SignalReceived
    103,  // AnswerReceived
    104,  // AttemptDetached
    47,   // WaitOpened
    48,   // Responded
};
constexpr std::string_view kind_names[] = {
    "execution_created",   "cancel_requested",  "attempt_succeeded",  "attempt_failed",
    "timer_fired",         "recovered",         "continued",          "execution_started",
    "attempt_started",     "attempt_reissued",  "retry_scheduled",    "run_waiting",
    "run_completed",       "run_failed",        "run_skipped",        "run_canceled",
    "link_settled",        "link_failed",       "run_noted",          "execution_waiting",
    "execution_completed", "execution_failed",  "execution_canceled", "execution_configured",
    "permit_granted",      "pause_requested",   "resume_requested",   "variables_changed",
    "breakpoints_set",     "step_requested",    "node_commanded",     "execution_paused",
    "execution_restarted", "container_opened",  "scope_opened",       "scope_closed",
    "iteration_checked",   "container_stopped", "undo_started",       "undo_ended",
    "undo_skipped",        "outputs_failed",    "start_delayed",      "execution_linked",
    "execution_traced",    "signal_received",   "answer_received",    "attempt_detached",
    "wait_opened",         "responded"};
static_assert(std::size(kinds) == std::variant_size_v<RecordBody>);
static_assert(std::size(kind_names) == std::variant_size_v<RecordBody>);

// Flags byte of a record: whether it was an input, whether its time differs from the one before,
// whether a schema number other than the first follows.
constexpr std::uint8_t flag_derived = 1;
constexpr std::uint8_t flag_time = 2;
constexpr std::uint8_t flag_schema = 4;
constexpr std::uint8_t flags_known = flag_derived | flag_time | flag_schema;

template <std::size_t I = 0>
std::optional<RecordBody> make_body(std::uint16_t kind) {
    if constexpr (I == std::variant_size_v<RecordBody>) {
        return std::nullopt;
    } else {
        if (kinds[I] == kind) return RecordBody{std::in_place_index<I>};
        return make_body<I + 1>(kind);
    }
}

/// The newest form of a kind that this program knows.
std::uint64_t newest_schema(const RecordBody& body) {
    const bool may_be_scoped =
        std::holds_alternative<LinkSettled>(body) || std::holds_alternative<LinkFailed>(body);
    return may_be_scoped ? schema_scoped : 1;
}

/// The oldest form that can say what the record says, which is the shortest.
std::uint64_t schema_of(const RecordBody& body) {
    const auto* settled = std::get_if<LinkSettled>(&body);
    const auto* failed = std::get_if<LinkFailed>(&body);
    const bool is_scoped = (settled && settled->scope != 0) || (failed && failed->scope != 0);
    return is_scoped ? schema_scoped : 1;
}

/// What `Reader` does not fill of a record is at its default.
template <class Reader>
core::Result<Record> read_record(BinaryReader& reader, std::uint64_t seq, core::Time& at) {
    const std::uint64_t kind = reader.varint();
    const std::uint8_t flags = reader.u8();
    if (!reader.ok() || (flags & ~flags_known) != 0)
        return core::fail(JournalErrc::corrupt, "a record's head is damaged");
    if (flags & flag_time) {
        const core::Time step{reader.zigzag()};
        if (is_possible(step)) at = at + core::Duration{step.ms};
        if (!is_possible(step) || !is_possible(at))
            return core::fail(JournalErrc::corrupt, "the time of a record is impossible");
    }
    const std::uint64_t schema = flags & flag_schema ? reader.varint() : 1;
    std::optional<RecordBody> body;
    if (kind <= 0xFFFF) body = make_body(static_cast<std::uint16_t>(kind));
    if (!body) {
        return core::fail(
            JournalErrc::unknown_kind,
            "record kind " + std::to_string(kind) +
                " is unknown; a newer version of Millrace wrote it: upgrade this one");
    }
    if (schema < 1 || schema > newest_schema(*body)) {
        return core::fail(JournalErrc::unknown_schema,
                          "record kind " + std::to_string(kind) + " has schema " +
                              std::to_string(schema) +
                              "; a newer version of Millrace wrote it: upgrade this one");
    }
    std::visit(
        [&]<class T>(T& record) {
            // What was asked of an execution is small, and who counts looks at its labels.
            std::conditional_t<std::same_as<T, ExecutionConfigured>, FieldReader, Reader> fields{
                reader};
            visit_fields(fields, record, schema);
        },
        *body);
    if (!reader.ok()) return core::fail(JournalErrc::corrupt, "the payload of a record is damaged");
    const Origin origin = flags & flag_derived ? Origin::derived : Origin::input;
    return Record{seq, at, origin, std::move(*body)};
}

}  // namespace

std::uint16_t kind_of(const RecordBody& body) {
    return kinds[body.index()];
}

std::string_view kind_name(const RecordBody& body) {
    return kind_names[body.index()];
}

std::string_view code_text(JournalErrc code) {
    switch (code) {
        case JournalErrc::corrupt: return "journal_corrupt";
        case JournalErrc::unknown_kind: return "journal_unknown_kind";
        case JournalErrc::unknown_schema: return "journal_unknown_schema";
    }
    return "journal_corrupt";
}

RowWriter::RowWriter(std::uint64_t first_seq, core::Time at) : first_seq_{first_seq}, at_{at} {
    BinaryWriter writer{bytes_};
    writer.u8(row_format);
    writer.varint(first_seq);
    writer.zigzag(at.ms);
}

void RowWriter::append(Origin origin, core::Time at, const RecordBody& body) {
    BinaryWriter writer{bytes_};
    writer.varint(kind_of(body));
    std::uint8_t flags = origin == Origin::derived ? flag_derived : 0;
    if (at != at_) flags |= flag_time;
    const std::uint64_t schema = schema_of(body);
    if (schema != 1) flags |= flag_schema;
    writer.u8(flags);
    if (flags & flag_time) writer.zigzag((at - at_).ms);
    if (flags & flag_schema) writer.varint(schema);
    at_ = at;
    FieldWriter fields{writer};
    std::visit([&](const auto& record) { visit_fields(fields, record, schema); }, body);
    ++count_;
}

namespace {

template <class Reader, class Each>
core::Result<> read_records(std::string_view bytes, const Each& each) {
    BinaryReader reader{bytes};
    const std::uint8_t format = reader.u8();
    if (reader.ok() && format != row_format) {
        return core::fail(
            JournalErrc::unknown_schema,
            "journal row format " + std::to_string(format) +
                " is unknown; a newer version of Millrace wrote it: upgrade this one");
    }
    std::uint64_t seq = reader.varint();
    core::Time at{reader.zigzag()};
    if (!reader.ok() || !is_possible(at))
        return core::fail(JournalErrc::corrupt, "the head of a journal row is damaged");
    while (!reader.at_end()) {
        core::Result<Record> record = read_record<Reader>(reader, seq++, at);
        if (!record) {
            const std::size_t place = bytes.size() - reader.remaining();
            return std::unexpected(
                record.error().during("journal row of " + std::to_string(bytes.size()) +
                                      " bytes, near byte " + std::to_string(place)));
        }
        each(std::move(*record));
    }
    return {};
}

}  // namespace

core::Result<std::vector<Record>> read_row(std::string_view bytes) {
    std::vector<Record> records;
    const auto read = read_records<FieldReader>(
        bytes, [&](Record&& record) { records.push_back(std::move(record)); });
    if (!read) return std::unexpected(read.error());
    return records;
}

core::Result<> skim_row(std::string_view bytes, const std::function<void(const Record&)>& each) {
    return read_records<FieldSkimmer>(bytes, each);
}

}  // namespace millrace::engine
