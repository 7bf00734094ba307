// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "millrace/store/dead_letters.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/testing/temp_folder.hpp"
#include "sqlite/sqlite_store.hpp"
#include "testing/fault_vfs.hpp"
#include "testing/frames.hpp"

// The memory store is the model of the other: after any frames, sensible or not, both have given
// the same answers.

namespace millrace::store::conformance {

using testing::execution_id;

namespace {

constexpr std::uint64_t executions_max = 5;

engine::Frame any_frame() {
    const auto below = [](std::uint64_t limit) {
        return *rc::gen::resize(100, rc::gen::inRange<std::uint64_t>(0, limit));
    };
    testing::FrameBuilder frame{below(20), static_cast<std::int64_t>(below(100))};
    for (std::uint64_t part = below(6); part > 0; --part) {
        const std::uint64_t n = below(executions_max);
        switch (below(10)) {
            case 8: frame.letter(n, below(2) == 0 ? "a" : ""); break;
            case 9: frame.share(std::to_string(n), below(3) == 0 ? "" : "state"); break;
            case 0: frame.insert(n); break;
            case 1: frame.insert(n).journal(n, 1, 2, "first"); break;
            case 2:
                frame.journal(n, 1 + below(4), 1 + static_cast<std::uint32_t>(below(2)), "r");
                break;
            case 3: frame.snapshot(n, below(3), "state"); break;
            case 4: frame.finish(n); break;
            case 5: frame.park(n, below(3), "parked", below(4), below(2) == 0); break;
            case 6: frame.park(n, below(3), "queued", std::nullopt, below(2) == 0); break;
            case 7: frame.unpark(n); break;
        }
    }
    return frame.build();
}

/// Rows of executions that exist nowhere are outside of the contract.
bool is_sound(const engine::Frame& frame, Store& store) {
    const auto exists = [&](core::ExecutionId id) {
        for (const auto& row : frame.inserted)
            if (row.id == id) return true;
        return store.execution(id).has_value();
    };
    for (const auto& row : frame.journal)
        if (!exists(row.id)) return false;
    for (const auto& row : frame.snapshots)
        if (!exists(row.id)) return false;
    return true;
}

template <class T>
std::string answer(const core::Result<T>& result, auto describe) {
    return result ? describe(*result) : std::string{result.error().code()};
}

std::string row_text(const engine::ExecutionRow& row) {
    return std::string{to_text(row.status)} + std::to_string(row.created_at.ms) + "/" +
           std::to_string(row.completed_at.value_or(core::Time{-1}).ms) + " ";
}

std::string rows_text(const std::vector<engine::ExecutionRow>& rows) {
    std::string all;
    for (const engine::ExecutionRow& row : rows)
        all += row_text(row);
    return all;
}

std::string parked_text(const std::vector<ParkedExecution>& rows) {
    std::string all;
    for (const ParkedExecution& row : rows) {
        all += row.workflow_id + std::to_string(row.workflow_version) +
               std::string{to_text(row.status)} + std::to_string(row.created_at.ms) + "p" +
               std::to_string(row.priority) + "w" +
               std::to_string(row.wake_at.value_or(core::Time{-1}).ms) +
               (row.is_limited ? "! " : " ");
    }
    return all;
}

/// Everything that can be asked about executions that are not finished.
std::string live_contents(Store& store) {
    std::string all = answer(store.unparked(3, {}), rows_text);
    all += "\n" + answer(store.unparked(3, execution_id(2)), rows_text);
    all += "\n" + answer(store.due_parked(core::Time{3}, 9, {}), parked_text);
    all += "\n" + answer(store.due_parked(core::Time{9}, 2, {core::Time{1}, execution_id(2)}),
                         parked_text);
    all += "\n" + answer(store.limited_parked(9, {}), parked_text);
    all += "\n" + answer(store.next_wake(core::Time{1}), [](std::optional<core::Time> at) {
               return at ? std::to_string(at->ms) : std::string{"never"};
           });
    for (const bool live_only : {true, false}) {
        for (const auto status : {core::ExecutionStatus::running, core::ExecutionStatus::waiting,
                                  core::ExecutionStatus::completed}) {
            const auto page = store.executions({.status = status, .live_only = live_only}, 9, "");
            all += "\n" +
                   answer(page, [](const ExecutionPage& rows) { return rows_text(rows.items); });
        }
    }
    all += "\n" + answer(store.status(), [](const StoreStatus& status) {
               return std::to_string(status.live_executions) + "," +
                      std::to_string(status.parked_executions);
           });
    return all;
}

/// Everything that can be asked.
std::string contents(Store& store, Epoch epoch) {
    const auto joined = [](const std::vector<std::string>& rows) {
        std::string all;
        for (const std::string& row : rows)
            all += row + ",";
        return all;
    };
    std::string all = answer(store.reopen(epoch), [](const Ownership& owned) {
        return std::to_string(owned.frame) + "@" + std::to_string(owned.last_frame.ms);
    });
    for (std::uint64_t n = 0; n < executions_max; ++n) {
        all += "\n" + answer(store.execution(execution_id(n)), row_text);
        all += " " + answer(store.journal(execution_id(n), n), joined);
        all += " " + answer(store.history(execution_id(n)), [&](const StoredHistory& history) {
                   return history.snapshot + ":" + joined(history.rows);
               });
    }
    all += "\n" + answer(store.dead_letters().list({}, 9, ""), [](const DeadLetterPage& page) {
               std::string letters;
               for (const DeadLetter& letter : page.items)
                   letters += std::to_string(letter.number) + letter.row.id.text() +
                              letter.row.path + std::to_string(letter.row.at.ms) + " ";
               return letters;
           });
    all += "\n" + answer(store.shared(), [](const std::vector<engine::SharedRow>& rows) {
               std::string shared;
               for (const engine::SharedRow& row : rows)
                   shared += row.key + "=" + row.bytes + " ";
               return shared;
           });
    return all + "\n" + live_contents(store);
}

}  // namespace

RC_GTEST_PROP(Differential, MemoryAndSqliteGiveTheSameAnswers, ()) {
    const testing::TempFolder folder;
    testing::FaultVfs disk;
    const auto memory = open_memory_store();
    // A short interval: what is listed as live moves all the time.
    const auto opened =
        sqlite::SqliteStore::open({.path = folder / "a.db",
                                   .live_interval = *rc::gen::inRange<std::uint64_t>(1, 4),
                                   .vfs = disk.name()});
    RC_ASSERT(opened.has_value());
    Store& database = **opened;
    const Epoch epoch = memory->take_ownership()->epoch;
    RC_ASSERT(database.take_ownership()->epoch == epoch);
    for (Store* store : {memory.get(), &database})
        static_cast<void>(
            store->save_version(testing::workflow, testing::workflow_hash, "{}", core::Time{1}));
    for (int i = 0; i < 20; ++i) {
        const engine::Frame frame = any_frame();
        if (!is_sound(frame, *memory)) continue;
        // Which of several mistakes is told first is not promised.
        RC_ASSERT(memory->commit(frame, epoch).has_value() ==
                  database.commit(frame, epoch).has_value());
    }
    RC_ASSERT(contents(*memory, epoch) == contents(database, epoch));
}

}  // namespace millrace::store::conformance
