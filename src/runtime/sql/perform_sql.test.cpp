// SPDX-License-Identifier: Apache-2.0
#include "sql/perform_sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <limits>
#include <thread>

#include "millrace/core/json.hpp"
#include "testing/fixed_surroundings.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using testing::FixedSurroundings;
using ::testing::HasSubstr;

Value json(std::string_view text) {
    return core::parse_json(text).value();
}

class PerformSql : public ::testing::Test {
protected:
    static engine::SqlCall call_of(std::string sql, Value parameters = {}) {
        engine::SqlCall call;
        call.database = "a.db";
        call.statements.push_back({std::move(sql), std::move(parameters), false});
        call.single = true;
        call.create = true;
        call.once = false;
        return call;
    }
    std::expected<Value, core::Failure> perform(const engine::SqlCall& call) {
        return perform_sql(call, world.surroundings, world.facts());
    }
    Value run(std::string sql, Value parameters = {}) {
        const auto result = perform(call_of(std::move(sql), std::move(parameters)));
        return result ? *result : Value{result.error().code + ": " + result.error().message};
    }
    std::string code_of(const engine::SqlCall& call) {
        const auto result = perform(call);
        return result ? "" : result.error().code;
    }
    Value rows_of(std::string sql) { return *run(std::move(sql)).find("rows"); }

    FixedSurroundings world;
};

TEST_F(PerformSql, GivesRowsColumnsChangesAndId) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    EXPECT_EQ(run("INSERT INTO t (name) VALUES (?), (?)", json(R"(["a","b"])")),
              json(R"({"rows":[],"columns":[],"changes":2,"last_id":2})"));
    EXPECT_EQ(run("SELECT id, name FROM t ORDER BY id"),
              json(R"({"rows":[{"id":1,"name":"a"},{"id":2,"name":"b"}],
                       "columns":["id","name"],"changes":0,"last_id":null})"));
    EXPECT_EQ(*run("DELETE FROM t RETURNING id").find("changes"), Value{2});
}

TEST_F(PerformSql, KeepsEachKindOfValue) {
    const std::array<std::uint8_t, 3> bytes{0, 1, 255};
    const Value values = Value::array({Value{std::numeric_limits<std::int64_t>::max()},
                                       1.5,
                                       "ü",
                                       Value::bytes(bytes),
                                       {},
                                       true,
                                       json("[1]")});
    const Value row = run("SELECT ? AS i, ? AS d, ? AS t, ? AS b, ? AS n, ? AS f, ? AS j", values)
                          .find("rows")
                          ->as_array()[0];
    EXPECT_EQ(*row.find("i"), Value{std::numeric_limits<std::int64_t>::max()});
    EXPECT_EQ(*row.find("d"), Value{1.5});
    EXPECT_EQ(*row.find("t"), Value{"ü"});
    EXPECT_EQ(*row.find("b"), Value::bytes(bytes));
    EXPECT_EQ(*row.find("n"), Value{});
    EXPECT_EQ(*row.find("f"), Value{1});
    EXPECT_EQ(*row.find("j"), Value{"[1]"});
}

TEST_F(PerformSql, GivesTextsOfOtherEncodingsAsBytes) {
    const std::array<std::uint8_t, 2> latin{'a', 0xfc};
    EXPECT_EQ(rows_of("SELECT CAST(x'61fc' AS TEXT) AS t"),
              Value::array({Value::object({{"t", Value::bytes(latin)}})}));
}

TEST_F(PerformSql, FillsParametersByNameOrPosition) {
    EXPECT_EQ(*run("SELECT :a + @b AS s", json(R"({"a":1,"b":2,"more":3})")).find("rows"),
              json(R"([{"s":3}])"));
    EXPECT_THAT(run("SELECT :a", json("{}")).as_string(), HasSubstr("parameter :a"));
    EXPECT_THAT(run("SELECT ?", json("[1,2]")).as_string(), HasSubstr("1 parameters, but 2"));
    EXPECT_THAT(run("SELECT ?", json(R"({"a":1})")).as_string(), HasSubstr("bad_parameters"));
}

TEST_F(PerformSql, TellsColumnsOfOneNameApart) {
    EXPECT_EQ(rows_of("SELECT 1 AS a, 2 AS a, 3 AS a"), json(R"([{"a":1,"a_2":2,"a_3":3}])"));
}

TEST_F(PerformSql, LoadsManyRowsInOneTransaction) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    std::vector<Value> sets;
    for (int i = 0; i < 20'000; ++i)
        sets.push_back(Value::array({i}));
    engine::SqlCall call = call_of("INSERT INTO t VALUES (?)", Value::array(std::move(sets)));
    call.statements[0].for_each = true;
    EXPECT_EQ(*perform(call)->find("changes"), Value{20'000});
    EXPECT_EQ(rows_of("SELECT count(*) AS n FROM t"), json(R"([{"n":20000}])"));
}

TEST_F(PerformSql, TakesAllBackWhenOneFails) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    engine::SqlCall call = call_of("INSERT INTO t VALUES (?)", json("[[1],[2],[1]]"));
    call.statements[0].for_each = true;
    const auto failed = perform(call);
    EXPECT_EQ(failed.error().code, "sqlite_constraint");
    EXPECT_FALSE(failed.error().recoverable);
    EXPECT_EQ(failed.error().details, json(R"({"constraint":"primary_key","element":2})"));
    EXPECT_EQ(rows_of("SELECT count(*) AS n FROM t"), json(R"([{"n":0}])"));
}

TEST_F(PerformSql, WritesOnceHoweverOftenItIsTried) {
    run("CREATE TABLE t (id INTEGER)");
    engine::SqlCall call = call_of("INSERT INTO t VALUES (1)");
    call.once = true;
    const auto first = perform(call);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(*perform(call), *first);
    EXPECT_EQ(rows_of("SELECT count(*) AS n FROM t"), json(R"([{"n":1}])"));
    world.key = "run-2";
    ASSERT_TRUE(perform(call));
    EXPECT_EQ(rows_of("SELECT count(*) AS n FROM t"), json(R"([{"n":2}])"));
}

TEST_F(PerformSql, NotesNothingOfARunThatFailed) {
    run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    engine::SqlCall call = call_of("INSERT INTO t VALUES ('x')");
    call.once = true;
    EXPECT_EQ(code_of(call), "sqlite_constraint");
    call.statements[0].text = "INSERT INTO t VALUES (1)";
    EXPECT_EQ(*perform(call)->find("changes"), Value{1});
}

TEST_F(PerformSql, DropsOldNotesSomeAtATime) {
    engine::SqlCall call = call_of("CREATE TABLE t (id INTEGER)");
    call.once = true;
    ASSERT_TRUE(perform(call));
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 150) "
        "INSERT INTO millrace_once SELECT 'old ' || i, x'00', i FROM n");
    call.statements[0].text = "INSERT INTO t VALUES (1)";
    for (const int left : {52, 3}) {
        world.key = "run " + std::to_string(left);
        ASSERT_TRUE(perform(call));
        EXPECT_EQ(rows_of("SELECT count(*) AS n FROM millrace_once"),
                  Value::array({Value::object({{"n", left}})}));
    }
    const Value plan = rows_of("EXPLAIN QUERY PLAN SELECT key FROM millrace_once WHERE at < 1");
    EXPECT_THAT(plan.as_array()[0].find("detail")->as_string(), HasSubstr("millrace_once_at"));
}

TEST_F(PerformSql, TakesNoValueThatIsTooLarge) {
    const auto large = perform(call_of("SELECT zeroblob(300000000) AS z"));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, "value_too_large");
    EXPECT_EQ(large.error().error_class, core::ErrorClass::limit);
    EXPECT_THAT(large.error().message, HasSubstr("256MiB"));
}

TEST_F(PerformSql, StaysWithinItsDatabase) {
    const std::string elsewhere = (world.folder / "b.db").string();
    for (const std::string& sql :
         {"ATTACH '" + elsewhere + "' AS b", std::string{"ATTACH '' AS b"},
          "VACUUM INTO '" + elsewhere + "'", std::string{"PRAGMA temp_store_directory = '/'"},
          std::string{"PRAGMA writable_schema=1"}, std::string{"BEGIN"}, std::string{"COMMIT"},
          std::string{"SAVEPOINT a"}, std::string{"PRAGMA foreign_keys = 0"},
          std::string{"PRAGMA journal_mode = MEMORY"}}) {
        engine::SqlCall call = call_of(sql);
        call.transaction = false;
        EXPECT_EQ(code_of(call), "sqlite_denied") << sql;
    }
    EXPECT_FALSE(std::filesystem::exists(elsewhere));
    EXPECT_NE(code_of(call_of("SELECT load_extension('x')")), "");
    engine::SqlCall outside = call_of("SELECT 1");
    outside.database = "../x.db";
    EXPECT_EQ(code_of(outside), "not_allowed");
}

TEST_F(PerformSql, AllowsWhatStaysInTheFile) {
    run("CREATE TABLE t (id INTEGER)");
    EXPECT_EQ(rows_of("PRAGMA table_info(t)").size(), 1u);
    engine::SqlCall call = call_of("VACUUM");
    call.transaction = false;
    EXPECT_EQ(code_of(call), "");
}

TEST_F(PerformSql, LeavesNothingBehindForTheNextNode) {
    engine::SqlCall call = call_of("CREATE TEMP TABLE t (id INTEGER)");
    call.single = false;
    call.statements.push_back({"INSERT INTO t VALUES (1)", {}, false});
    EXPECT_EQ(code_of(call), "");
    EXPECT_THAT(run("SELECT * FROM t").as_string(), HasSubstr("no such table"));
    run("CREATE VIRTUAL TABLE temp.v USING fts5(a)");
    EXPECT_THAT(run("SELECT * FROM v").as_string(), HasSubstr("no such table"));
}

TEST_F(PerformSql, TakesOneStatementAtATime) {
    EXPECT_THAT(run("SELECT 1; SELECT 2").as_string(), HasSubstr("statements"));
    EXPECT_THAT(run(" ").as_string(), HasSubstr("sqlite_error"));
    EXPECT_EQ(run("SELECT 1 AS a; -- done").find("rows")->size(), 1u);
    EXPECT_THAT(run("SELEC 1").as_string(), HasSubstr("sqlite_error"));
}

TEST_F(PerformSql, ReadsOnlyWhereItIsToldTo) {
    engine::SqlCall call = call_of("CREATE TABLE t (id INTEGER)");
    ASSERT_TRUE(perform(call));
    call.read_only = true;
    call.statements[0].text = "INSERT INTO t VALUES (1)";
    EXPECT_EQ(code_of(call), "sqlite_denied");
    call.database = "missing.db";
    call.statements[0].text = "SELECT 1";
    EXPECT_EQ(code_of(call), "sqlite_not_found");
    EXPECT_FALSE(std::filesystem::exists(world.folder / "missing.db"));
}

TEST_F(PerformSql, GivesNoMoreRowsThanAskedFor) {
    engine::SqlCall call = call_of(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 11) SELECT i FROM n");
    call.max_rows = 11;
    EXPECT_EQ(code_of(call), "");
    call.max_rows = 10;
    EXPECT_EQ(code_of(call), "too_many_rows");
}

TEST_F(PerformSql, GivesTheResultsOfSeveralStatements) {
    engine::SqlCall call = call_of("CREATE TABLE t (id INTEGER)");
    call.single = false;
    call.statements.push_back({"INSERT INTO t VALUES (1), (2)", {}, false});
    const auto result = perform(call);
    EXPECT_EQ(*result->find("changes"), Value{2});
    EXPECT_EQ(result->find("results")->size(), 2u);
}

TEST_F(PerformSql, EnforcesForeignKeys) {
    run("CREATE TABLE a (id INTEGER PRIMARY KEY)");
    run("CREATE TABLE b (a INTEGER REFERENCES a)");
    EXPECT_THAT(run("INSERT INTO b VALUES (7)").as_string(), HasSubstr("FOREIGN KEY"));
}

TEST_F(PerformSql, NoticesThatAFileWasReplaced) {
    run("CREATE TABLE t (id INTEGER)");
    std::filesystem::remove(world.folder / "a.db");
    EXPECT_EQ(*run("CREATE TABLE t (id INTEGER)").find("changes"), Value{0});
    EXPECT_TRUE(std::filesystem::exists(world.folder / "a.db"));
}

TEST_F(PerformSql, IsBusyWhileAnotherWrites) {
    run("CREATE TABLE t (id INTEGER)");
    sqlite3* other = nullptr;
    sqlite3_open((world.folder / "a.db").c_str(), &other);
    sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
    std::thread stopper{[this] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        world.stop.request_stop();
    }};
    const auto busy = perform(call_of("INSERT INTO t VALUES (1)"));
    stopper.join();
    EXPECT_EQ(busy.error().code, "sqlite_busy");
    EXPECT_EQ(busy.error().error_class, core::ErrorClass::connection);
    EXPECT_TRUE(busy.error().recoverable);
    sqlite3_close(other);
}

TEST_F(PerformSql, EndsALongQueryWhenItIsAskedTo) {
    std::thread stopper{[this] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        world.stop.request_stop();
    }};
    const auto stopped = perform(call_of(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"));
    stopper.join();
    EXPECT_EQ(stopped.error().error_class, core::ErrorClass::canceled);
}

TEST_F(PerformSql, TellsAFileThatIsNoDatabase) {
    world.folder.write("a.db", std::string(4096, 'x'));
    EXPECT_EQ(code_of(call_of("SELECT * FROM sqlite_schema")), "sqlite_corrupt");
}

}  // namespace
}  // namespace millrace::runtime
