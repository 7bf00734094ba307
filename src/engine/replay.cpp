// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/replay.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>

#include "apply.hpp"
#include "consistency.hpp"
#include "executions.hpp"
#include "intake.hpp"
#include "record_fields.hpp"
#include "systems.hpp"
#include "timers.hpp"
#include "turn.hpp"

namespace millrace::engine {
namespace {

/// One execution that is decided anew.
class Replayer {
public:
    Replayer(core::ExecutionId id, std::shared_ptr<const Plan> plan, ShardOptions options)
        : options_{std::move(options)}, x_{executions_.create(id, std::move(plan))} {
        // How much fits into a frame is the history's own affair: its rows tell.
        options_.limits.execution_record_bytes_max = std::numeric_limits<std::size_t>::max();
    }

    /// The row as it would be written now; it ends where it differs from the recorded one, since
    /// what came next need not fit any more.
    std::string row(const std::string& recorded, std::span<const Record> records) {
        RowWriter writer{x_.next_seq, records.front().at};
        frame_ = Frame{};
        frame_.now = records.front().at;
        x_.share = FrameShare{};
        x_.share.row = &writer;
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (records[i].origin != Origin::input) continue;
            if (!recorded.starts_with(writer.bytes())) break;
            const std::size_t decided = count_derived(records.subspan(i + 1));
            step(records[i].body, decided);
            ++inputs_;
        }
        return writer.take_bytes();
    }

    std::uint64_t inputs() const { return inputs_; }
    std::uint64_t derived() const { return x_.next_seq - 1 - inputs_; }

private:
    static std::size_t count_derived(std::span<const Record> rest) {
        const auto end = std::ranges::find(rest, Origin::input, &Record::origin);
        return static_cast<std::size_t>(end - rest.begin());
    }

    void step(const RecordBody& body, std::size_t decided) {
        // As many decisions as the history has before its next input.
        options_.limits.execution_transitions_max = x_.share.transitions + decided;
        Turn turn{x_, frame_, executions_, applier_, options_, scratch_, nullptr};
        take_input(turn, body);
        if (decided > 0) run_systems(turn);
    }

    ShardOptions options_;
    Executions executions_;
    TimerQueue timers_;
    Applier applier_{executions_, timers_};
    Scratch scratch_;
    Frame frame_;
    ExecutionState& x_;
    std::uint64_t inputs_ = 0;
};

/// Do the records fit each other at all?
core::Result<std::vector<std::vector<Record>>> read(core::ExecutionId id,
                                                    const std::shared_ptr<const Plan>& plan,
                                                    std::span<const std::string> rows) {
    Executions executions;
    TimerQueue timers;
    Applier applier{executions, timers};
    applier.set_arming(false);
    ExecutionState& x = executions.create(id, plan);
    std::vector<std::vector<Record>> all;
    for (const std::string& row : rows) {
        auto records = read_row(row);
        if (!records) return std::unexpected(records.error());
        for (const Record& record : *records) {
            if (record.origin == Origin::input && !may_be_input(kind_of(record.body))) {
                return core::fail(JournalErrc::corrupt, "record " + std::to_string(record.seq) +
                                                            " is no input, but says so");
            }
            if (auto applied = applier.apply(x, record); !applied)
                return std::unexpected(applied.error());
        }
        const core::Result<> fits =
            is_terminal(x.status) ? core::Result<>{} : check_consistency(executions, x);
        if (!fits) return std::unexpected(fits.error());
        all.push_back(*std::move(records));
    }
    return all;
}

std::string text_of(const Record& record) {
    return std::string{kind_name(record.body)};
}

/// Where two rows part; they do.
ReplayDifference difference(const std::string& recorded, const std::string& replayed) {
    constexpr const char* nothing = "nothing";
    // A row that was just written can be read, and the recorded one has been.
    const std::vector<Record> before = read_row(recorded).value_or(std::vector<Record>{});
    const std::vector<Record> after = read_row(replayed).value_or(std::vector<Record>{});
    const auto bytes_of = [](const Record& record) {
        RowWriter writer{record.seq, record.at};
        writer.append(record.origin, record.at, record.body);
        return writer.take_bytes();
    };
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        const bool is_equal =
            i < before.size() && i < after.size() && bytes_of(before[i]) == bytes_of(after[i]);
        if (is_equal) continue;
        return {i < before.size() ? before[i].seq : after[i].seq,
                i < before.size() ? text_of(before[i]) : nothing,
                i < after.size() ? text_of(after[i]) : nothing};
    }
    return {before.empty() ? 0 : before.back().seq, nothing, nothing};
}

}  // namespace

core::Result<Replay> replay(core::ExecutionId id, std::shared_ptr<const Plan> plan,
                            std::span<const std::string> rows, const ShardOptions& options) {
    auto history = read(id, plan, rows);
    if (!history) return std::unexpected(history.error().during("replay", id.text()));
    Replay replay;
    Replayer replayer{id, std::move(plan), options};
    for (std::size_t i = 0; i < rows.size() && !replay.difference; ++i) {
        const std::vector<Record>& records = (*history)[i];
        if (records.empty()) continue;
        replay.rows.push_back(replayer.row(rows[i], records));
        if (replay.rows.back() != rows[i])
            replay.difference = difference(rows[i], replay.rows.back());
    }
    replay.inputs = replayer.inputs();
    replay.derived = replayer.derived();
    return replay;
}

}  // namespace millrace::engine
