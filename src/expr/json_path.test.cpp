// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/json_path.hpp"

#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "testing/evaluate.hpp"
#include "testing/select.hpp"

// Segments and selectors, after the examples of RFC 9535.
namespace millrace::expr {

namespace {

struct Row {
    const char* path;
    const char* result;
};

constexpr const char* store = R"({"store": {
    "book": [
        {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
        {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
        {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick",
         "isbn": "0-553-21311-3", "price": 8.99},
        {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord",
         "isbn": "0-395-19395-8", "price": 22.99}],
    "bicycle": {"color": "red", "price": 399}}})";

class Store : public testing::TestWithParam<Row> {};

TEST_P(Store, GivesTheExamplesOfTheRfc) {
    EXPECT_EQ(selected(GetParam().path, store), GetParam().result) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Table2, Store,
    testing::Values(Row{"$.store.book[*].author",
                        R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
                    Row{"$..author",
                        R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])"},
                    Row{"$.store..price", "[8.95,12.99,8.99,22.99,399]"},
                    Row{"$..book[2].author", R"(["Herman Melville"])"},
                    Row{"$..book[2].publisher", "[]"}, Row{"$..book[-1].title", R"(["The Lord"])"},
                    Row{"$..book[0,1].title", R"(["Sayings","Sword"])"},
                    Row{"$..book[:2].title", R"(["Sayings","Sword"])"},
                    Row{"$..book[?@.isbn].title", R"(["Moby Dick","The Lord"])"},
                    Row{"$..book[?@.price<10].title", R"(["Sayings","Moby Dick"])"},
                    Row{"$.store.*.color", R"(["red"])"},
                    Row{"$.store.bicycle.*", R"(["red",399])"}));

struct Case {
    const char* path;
    const char* data;
    const char* result;
};

class Selects : public testing::TestWithParam<Case> {};

TEST_P(Selects, InTheRfcsOrder) {
    EXPECT_EQ(selected(GetParam().path, GetParam().data), GetParam().result) << GetParam().path;
}

constexpr const char* names = R"({"o": {"j j": {"k.k": 3}}, "'": {"@": 2}})";
INSTANTIATE_TEST_SUITE_P(
    Names, Selects,
    testing::Values(
        Case{"$", R"({"k": "v"})", R"([{"k":"v"}])"}, Case{"$.o['j j']", names, R"([{"k.k":3}])"},
        Case{"$.o['j j']['k.k']", names, "[3]"}, Case{R"($.o["j j"]["k.k"])", names, "[3]"},
        Case{R"($["'"]["@"])", names, "[2]"}, Case{R"($['\'']['@'])", names, "[2]"},
        Case{R"($["\u0027"]["@"])", names, "[2]"}, Case{"$['missing']", names, "[]"},
        Case{"$.☺", R"({"☺": 1})", "[1]"}, Case{R"($["\uD83D\uDE00"])", R"({"😀": 1})", "[1]"},
        Case{R"($['\b\f\n\r\t\/\\'])", R"({"\b\f\n\r\t\/\\": 1})", "[1]"},
        Case{"$.a", R"(["a"])", "[]"}, Case{"$['']", R"({"": 1})", "[1]"},
        Case{"$ .a\n[ 'b' , 0 ]\t.c", R"({"a": {"b": {"c": 1}}})", "[1]"},
        Case{"$._a9", R"({"_a9": 1})", "[1]"}));

constexpr const char* wild = R"({"o": {"j": 1, "k": 2}, "a": [5, 3]})";
INSTANTIATE_TEST_SUITE_P(Wildcards, Selects,
                         testing::Values(Case{"$[*]", wild, R"([{"j":1,"k":2},[5,3]])"},
                                         Case{"$.o[*]", wild, "[1,2]"},
                                         Case{"$.o[*, *]", wild, "[1,2,1,2]"},
                                         Case{"$.a[*]", wild, "[5,3]"},
                                         Case{"$.o.j.*", wild, "[]"}));

INSTANTIATE_TEST_SUITE_P(
    Indexes, Selects,
    testing::Values(Case{"$[1]", R"(["a","b"])", R"(["b"])"},
                    Case{"$[-2]", R"(["a","b"])", R"(["a"])"}, Case{"$[2]", R"(["a","b"])", "[]"},
                    Case{"$[-3]", R"(["a","b"])", "[]"}, Case{"$[0]", R"({"0": 1})", "[]"},
                    Case{"$[0 ]", "[1]", "[1]"}, Case{"$[9007199254740991]", "[1]", "[]"},
                    Case{"$[-9007199254740991]", "[1]", "[]"}));

constexpr const char* letters = R"(["a","b","c","d","e","f","g"])";
INSTANTIATE_TEST_SUITE_P(
    Slices, Selects,
    testing::Values(
        Case{"$[1:3]", letters, R"(["b","c"])"}, Case{"$[5:]", letters, R"(["f","g"])"},
        Case{"$[1:5:2]", letters, R"(["b","d"])"}, Case{"$[5:1:-2]", letters, R"(["f","d"])"},
        Case{"$[::-1]", letters, R"(["g","f","e","d","c","b","a"])"},
        Case{"$[:]", "[1,2]", "[1,2]"}, Case{"$[::]", "[1,2]", "[1,2]"},
        Case{"$[ 0 : 9 : 1 ]", "[1,2]", "[1,2]"}, Case{"$[::0]", letters, "[]"},
        Case{"$[-2:]", letters, R"(["f","g"])"}, Case{"$[:-5]", letters, R"(["a","b"])"},
        Case{"$[-9:2]", letters, R"(["a","b"])"}, Case{"$[3:1]", letters, "[]"},
        Case{"$[:1:-2]", letters, R"(["g","e","c"])"},
        Case{"$[9::-3]", letters, R"(["g","d","a"])"}, Case{"$[-9:9:-1]", letters, "[]"},
        Case{"$[::-1]", "[]", "[]"}, Case{"$[:]", R"({"a": 1})", "[]"},
        Case{"$[::9007199254740991]", letters, R"(["a"])"},
        Case{"$[::-9007199254740991]", letters, R"(["g"])"},
        Case{"$[0, 1:3, -1]", letters, R"(["a","b","c","g"])"}));

constexpr const char* deep = R"({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]})";
INSTANTIATE_TEST_SUITE_P(
    Descendants, Selects,
    testing::Values(Case{"$..j", deep, "[1,4]"}, Case{"$..[0]", deep, R"([5,{"j":4}])"},
                    Case{"$..o", deep, R"([{"j":1,"k":2}])"},
                    Case{"$.o..[*, *]", deep, "[1,2,1,2]"},
                    Case{"$.a..[0, 1]", deep, R"([5,3,{"j":4},{"k":6}])"},
                    Case{"$..[*]", R"({"a": [1, [2]], "b": 3})", "[[1,[2]],3,1,[2],2]"},
                    Case{"$..*", "[[1],[2]]", "[[1],[2],1,2]"},
                    Case{"$..a..b", R"({"a": {"b": {"a": {"b": 1}}}})", R"([{"a":{"b":1}},1,1])"},
                    Case{"$.a..['j']", deep, "[4]"}));

INSTANTIATE_TEST_SUITE_P(Null, Selects,
                         testing::Values(Case{"$.a", R"({"a": null})", "[null]"},
                                         Case{"$.a[0]", R"({"a": null})", "[]"},
                                         Case{"$.a.d", R"({"a": null})", "[]"},
                                         Case{"$.b[0]", R"({"b": [null]})", "[null]"},
                                         Case{"$.b[?@]", R"({"b": [null]})", "[null]"},
                                         Case{"$.b[?@==null]", R"({"b": [null]})", "[null]"},
                                         Case{"$.c[?@.d==null]", R"({"c": [{}]})", "[]"},
                                         Case{"$.null", R"({"null": 1})", "[1]"}));

TEST(JsonPath, StopsAtTheFirstForExistence) {
    const auto path = JsonPath::parse("$[*][*]");
    ASSERT_TRUE(path);
    const core::Value few = json("[[1]]");
    const core::Value many = json("[[1], [2], [3], [4], [5], [6], [7], [8]]");
    Fuel for_few;
    Fuel for_many;
    EXPECT_TRUE(path->exists(few, for_few).value());
    EXPECT_TRUE(path->exists(many, for_many).value());
    EXPECT_EQ(for_few.left, for_many.left);
    EXPECT_FALSE(path->exists(json("[[]]"), for_few).value());
}

TEST(JsonPath, KeepsItsSource) {
    EXPECT_EQ(JsonPath::parse("$ ['a']")->source(), "$ ['a']");
}

TEST(JsonPath, StopsWhenTheFuelIsUsedUp) {
    // Eight times every descendant of every descendant … of 60 values.
    const auto path = JsonPath::parse("$..*..*..*..*..*..*..*..*");
    ASSERT_TRUE(path);
    std::string text = "1";
    for (int i = 0; i < 60; ++i)
        text = "[" + text + "]";
    Fuel fuel;
    const auto nodes = path->select(json(text), fuel);
    ASSERT_FALSE(nodes);
    EXPECT_EQ(nodes.error().code, "fuel_exhausted");
    EXPECT_EQ(nodes.error().error_class, core::ErrorClass::limit);
    EXPECT_EQ(fuel.left, 0u);
}

TEST(JsonPath, FollowsItsLongestPath) {
    std::string path = "$";
    core::Value tree{1};
    for (int i = 0; i < 500; ++i) {
        path += "..[*]";
        tree = core::Value::array({tree});
    }
    Fuel fuel;
    EXPECT_TRUE(JsonPath::parse(path)->exists(tree, fuel).value());
}

TEST(JsonPath, ReadsTreesOfAnyDepth) {
    core::Value tree{1};
    for (int i = 0; i < 200'000; ++i)
        tree = core::Value::array({tree});
    Fuel fuel{10'000'000};
    const auto nodes = JsonPath::parse("$..[?@==1]")->select(tree, fuel);
    ASSERT_TRUE(nodes);
    EXPECT_EQ(core::to_json(core::Value::array(*nodes)), "[1]");
}

}  // namespace

}  // namespace millrace::expr
