// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <tuple>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

/// Converts a text by options of `csv`.
TypeRun reading(std::string_view csv, core::Value text, std::string_view more = "") {
    TypeRun run{"data.convert",
                json(R"({"from":"csv","csv":)" + std::string{csv} + std::string{more} + "}")};
    return run.with_input(std::move(text));
}

TEST(ReadCsv, GivesCellsTypes) {
    EXPECT_EQ(reading("{}", "a,b,c,d,e,f\n1,-2.50,true,,007,x\n").out(),
              json(R"([{"a":1,"b":-2.5,"c":true,"d":null,"e":"007","f":"x"}])"));
    EXPECT_EQ(reading("{}", "a,b,c,d\n1e5,+1,99999999999999999999,1.\n").out(),
              json(R"([{"a":"1e5","b":"+1","c":"99999999999999999999","d":"1."}])"));
    EXPECT_EQ(reading(R"({"types":"text"})", "a,b\n1,\n").out(), json(R"([{"a":"1","b":""}])"));
}

TEST(ReadCsv, UnderstandsQuotes) {
    EXPECT_EQ(reading("{}", "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n").out(),
              json(R"([{"a":"x, \"y\"","b":"two\nlines"}])"));
    EXPECT_EQ(reading(R"({"delimiter":";","quote":"'"})", "a;b\n'x;y';\"z\n").out(),
              json(R"([{"a":"x;y","b":"\"z"}])"));
}

TEST(ReadCsv, TakesLineEndsAndMarksOfAllSystems) {
    EXPECT_EQ(reading("{}",
                      "\xEF\xBB\xBF"
                      "a,b\r\n1,2\r\n\r\n3,4")
                  .out(),
              json(R"([{"a":1,"b":2},{"a":3,"b":4}])"));
    EXPECT_EQ(reading("{}", "").out(), json("[]"));
    EXPECT_EQ(reading("{}", "a,b\n").out(), json("[]"));
}

TEST(ReadCsv, NamesColumnsAsTold) {
    EXPECT_EQ(reading(R"({"header":false})", "1,2\n3\n").out(), json("[[1,2],[3]]"));
    EXPECT_EQ(reading(R"({"header":false,"columns":["x","y"]})", "1,2\n").out(),
              json(R"([{"x":1,"y":2}])"));
    EXPECT_EQ(reading(R"({"columns":["x","y"]})", "a,b\n1,2\n").out(), json(R"([{"x":1,"y":2}])"));
    EXPECT_EQ(reading("{}", "a,,c\n1,2,3\n").out(), json(R"([{"a":1,"column_2":2,"c":3}])"));
    EXPECT_THAT(reading("{}", "a,b,a\n").failure().message, HasSubstr("line 1 names two columns"));
}

TEST(ReadCsv, KeepsBlanksUnlessTold) {
    EXPECT_EQ(reading("{}", "a,b\n x , y\n").out(), json(R"([{"a":" x ","b":" y"}])"));
    EXPECT_EQ(reading(R"({"trim":true})", "a,b\n x , y\n").out(), json(R"([{"a":"x","b":"y"}])"));
}

TEST(ReadCsv, NamesTheLineOfARowOfAnotherSize) {
    const core::Failure failure = reading("{}", "a,b\n\"1\n1\",2\n\n3\n").failure();
    EXPECT_EQ(failure.code, "bad_csv");
    EXPECT_THAT(failure.message, HasSubstr("line 5 has 1 cells, and there are 2 columns"));
    EXPECT_EQ(failure.details, json(R"({"line":5})"));
    EXPECT_EQ(reading(R"({"short_rows":"fill"})", "a,b\n3\n").out(), json(R"([{"a":3,"b":null}])"));
    EXPECT_EQ(reading(R"({"short_rows":"fill"})", "a,b\n3,4,5\n").failure().code, "bad_csv");
}

TEST(ReadCsv, LeavesOutBadRowsWhenTold) {
    const TypeRun run = reading("{}", "a,b\n1,2\n3\n4,5,6\n7,8\n", R"(,"on_item_error":"skip")");
    EXPECT_EQ(run.out(), json(R"([{"a":1,"b":2},{"a":7,"b":8}])"));
    EXPECT_EQ(*run.note().find("message"), "2 of 4 items failed and were left out");
}

TEST(ReadCsv, NamesTheRowWhoseQuotesDoNotPair) {
    EXPECT_THAT(reading("{}", "a,b\n1,2\n3,\"4\n5,6\n").failure().message,
                HasSubstr("line 3 begins a row whose quotes do not pair (noticed in line 4)"));
    EXPECT_EQ(reading("{}", "a\nx\"y\n").failure().code, "bad_csv");
}

TEST(ReadCsv, RefusesBadOptions) {
    EXPECT_EQ(reading(R"({"delimiter":";;"})", "a").failure().details,
              json(R"({"pointer":"/csv/delimiter"})"));
    EXPECT_EQ(reading(R"({"delimiter":"\""})", "a").failure().code, "bad_field");
    EXPECT_EQ(reading(R"({"columns":[1]})", "a").failure().code, "bad_field");
}

TEST(ReadCsv, StopsWhereTheResultGetsTooLarge) {
    TypeRun run = reading("{}", "a\n1\n2\n3\n");
    EXPECT_EQ(run.with_weight_max(300).failure().code, "result_too_large");
}

/// Writes rows as CSV.
core::Value written(std::string_view csv, std::string_view rows) {
    return TypeRun("data.convert", R"({"to":"csv","csv":)" + std::string{csv} + "}", rows).out();
}

TEST(WriteCsv, HasAColumnForEveryKey) {
    EXPECT_EQ(written("{}", R"([{"a":1,"b":null},{"c":"x","a":true}])"), "a,b,c\n1,,\ntrue,,x\n");
    EXPECT_EQ(written("{}", "[]"), "");
}

TEST(WriteCsv, WritesArraysWithoutAHeader) {
    EXPECT_EQ(written("{}", R"([[1,2],["a"]])"), "1,2\na\n");
    EXPECT_EQ(written(R"({"columns":["x","y"]})", "[[1,2]]"), "x,y\n1,2\n");
}

TEST(WriteCsv, QuotesWhatNeedsIt) {
    EXPECT_EQ(written(R"({"header":false,"line_end":"crlf"})",
                      R"([{"a":"x,y","b":"say \"hi\"","c":"two\nlines","d":" pad","e":{"k":1}}])"),
              "\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\",\" pad\",\"{\"\"k\"\":1}\"\r\n");
    EXPECT_EQ(written("{}", R"([{"a":null},{"a":""}])"), "a\n\"\"\n\"\"\n");
}

TEST(WriteCsv, RefusesWhatAreNoRows) {
    EXPECT_THAT(std::string{written("{}", "[1]").as_string()}, HasSubstr("bad_row: row 0"));
    EXPECT_THAT(std::string{written("{}", R"([{"a":1},[1]])").as_string()}, HasSubstr("row 1"));
    EXPECT_THAT(std::string{written("{}", "{}").as_string()}, HasSubstr("not_an_array"));
}

RC_GTEST_PROP(WriteCsv, KeepsAnyTexts, ()) {
    const auto text = rc::gen::container<std::string>(
        rc::gen::element('a', ' ', ',', '"', '\n', '\r', '\t', ';', '0'));
    const auto cells =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::tuple<std::string, std::string>>>(
            rc::gen::tuple(text, text)));
    std::vector<core::Value> rows;
    for (const auto& [first, second] : cells)
        rows.push_back(core::Value::object({{"a", first}, {"b", second}}));
    const core::Value all = core::Value::array(std::move(rows));
    const std::string csv{written("{}", core::to_json(all)).as_string()};
    RC_ASSERT(reading(R"({"types":"text"})", core::Value{csv}).out() == all);
}

TEST(WriteCsv, IsReadBack) {
    const core::Value rows =
        json(R"([{"a":"x,\"y\"\n","b":1.5},{"a":null,"b":"007"},{"a":"z","b":false}])");
    const std::string text{written("{}", core::to_json(rows)).as_string()};
    EXPECT_EQ(reading("{}", core::Value{text}).out(), rows);
}

}  // namespace
}  // namespace millrace::nodes
