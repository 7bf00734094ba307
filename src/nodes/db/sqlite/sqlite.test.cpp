// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using testing::problems_of;

engine::SqlCall call_of(std::string_view data) {
    const auto outcome = NodeRun{json(data)}.start(db_sqlite());
    const auto* const request = std::get_if<engine::EffectRequest>(&outcome);
    EXPECT_NE(request, nullptr) << testing::failure_of(outcome).message;
    return request == nullptr ? engine::SqlCall{} : std::get<engine::SqlCall>(*request);
}

TEST(DbSqlite, AQueryOnlyReads) {
    const auto call = call_of(R"({"database":"a.db","query":"SELECT ?","parameters":[1]})");
    EXPECT_TRUE(call.read_only);
    EXPECT_TRUE(call.single);
    EXPECT_EQ(call.database, "a.db");
    EXPECT_EQ(call.statements.at(0).parameters, json("[1]"));
    EXPECT_EQ(call.max_rows, 10'000u);
}

TEST(DbSqlite, ExecuteWritesOnce) {
    const auto call = call_of(R"({"database":"a.db","execute":"DELETE FROM t","create":true})");
    EXPECT_FALSE(call.read_only);
    EXPECT_TRUE(call.once);
    EXPECT_TRUE(call.transaction);
    EXPECT_TRUE(call.create);
}

TEST(DbSqlite, RunsAStatementWithEachSetOfParameters) {
    const auto call =
        call_of(R"({"database":"a.db","execute":"X","parameters_each":[{"a":1},{"a":2}]})");
    EXPECT_TRUE(call.statements.at(0).for_each);
    EXPECT_EQ(call.statements.at(0).parameters.size(), 2u);
}

TEST(DbSqlite, TakesSeveralStatements) {
    const auto call =
        call_of(R"({"database":"a.db","mode":"read","statements":[{"sql":"X"},{"sql":"Y"}]})");
    EXPECT_EQ(call.statements.size(), 2u);
    EXPECT_FALSE(call.single);
    EXPECT_TRUE(call.read_only);
}

TEST(DbSqlite, OnceNeedsATransaction) {
    EXPECT_FALSE(call_of(R"({"database":"a","execute":"VACUUM","transaction":false})").once);
}

TEST(DbSqlite, RefusesSqlThatATemplateWrites) {
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","query":"SELECT {{ input }}"})"),
                ElementsAre("bad_value /data/query"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","statements":[{"sql":"{{ x }}"}]})"),
                ElementsAre("bad_value /data/statements/0/sql"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","statements":"{{ input }}"})"),
                ElementsAre("bad_value /data/statements"));
}

TEST(DbSqlite, NeedsExactlyOneKindOfSql) {
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a"})"), ElementsAre("missing_key /data"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","query":"X","execute":"Y"})"),
                ElementsAre("missing_key /data"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","query":"X"})"), IsEmpty());
}

TEST(DbSqlite, RefusesWhatWouldMeanNothing) {
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","query":"X","create":true})"),
                ElementsAre("bad_value /data/create"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","execute":"X","mode":"read"})"),
                ElementsAre("bad_value /data/mode"));
    EXPECT_THAT(problems_of(db_sqlite(), R"({"database":"a","statements":[],"parameters":[1]})"),
                ElementsAre("bad_value /data/parameters"));
    EXPECT_THAT(problems_of(db_sqlite(),
                            R"({"database":"a","execute":"X","transaction":false,"once":true})"),
                ElementsAre("bad_value /data/once"));
}

TEST(DbSqlite, NamesTheFieldThatIsWrong) {
    for (const std::string_view data :
         {R"({"query":"X"})", R"({"database":"a","query":1})", R"({"database":"a"})",
          R"({"database":"a","query":"X","parameters":1})",
          R"({"database":"a","execute":"X","parameters_each":{}})",
          R"({"database":"a","query":"X","max_rows":-1})"}) {
        EXPECT_EQ(testing::failure_of(NodeRun{json(data)}.start(db_sqlite())).code, "bad_field")
            << data;
    }
}

}  // namespace
}  // namespace millrace::nodes
