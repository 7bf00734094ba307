// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>

#include <chrono>
#include <string>
#include <thread>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

constexpr int steps = 40;
constexpr int kills = 14;

/// Writes a row in each of its steps; nothing in the table keeps it from doing so twice.
std::string writing_workflow() {
    std::string nodes =
        "millrace: 1\nid: writing\nnodes:\n  - { id: start, type: trigger.manual }\n"
        "  - id: make\n    type: db.sqlite\n    data:\n      database: rows.db\n      create: "
        "true\n"
        "      execute: CREATE TABLE IF NOT EXISTS rows (execution TEXT, step INTEGER)\n";
    std::string connections = "connections:\n  - start -> make\n";
    std::string before = "make";
    for (int i = 1; i <= steps; ++i) {
        const std::string id = "s" + std::to_string(i);
        nodes += "  - id: " + id +
                 "\n    type: db.sqlite\n    data:\n      database: rows.db\n      execute: INSERT "
                 "INTO rows VALUES (?, ?)\n      parameters: [\"{{ execution.id }}\", " +
                 std::to_string(i) + "]\n";
        connections += "  - " + before + " -> " + id + "\n";
        before = id;
    }
    return nodes + connections;
}

class Once : public CommandTest {
protected:
    std::int64_t number_of(const std::string& sql) const {
        sqlite3* database = nullptr;
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_open((folder / "rows.db").c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
        const std::int64_t number = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
        sqlite3_close(database);
        return number;
    }
};

TEST_F(Once, EachStepWritesOneRowWhateverIsKilled) {
    const std::string file = folder.file("writing.workflow.yaml", writing_workflow());
    for (int i = 0; i < kills; ++i) {
        const auto process = start({"run", file});
        // Somewhere between its start and its end; the moments are spread over both.
        std::this_thread::sleep_for(std::chrono::milliseconds{20 + i * 67 % 190});
        process->signal(SIGKILL);
        process->wait();
    }
    const Finished last = millrace({"run", file});
    ASSERT_EQ(last.status, 0) << last.err;
    EXPECT_EQ(number_of("SELECT count(*) FROM (SELECT 1 FROM rows GROUP BY execution, step "
                        "HAVING count(*) > 1)"),
              0);
    EXPECT_EQ(number_of("SELECT count(*) FROM rows") % steps, 0);
    EXPECT_GE(number_of("SELECT count(*) FROM rows"), steps);
    EXPECT_GE(number_of("SELECT count(*) FROM millrace_once"), steps);
}

}  // namespace
}  // namespace millrace::testing
