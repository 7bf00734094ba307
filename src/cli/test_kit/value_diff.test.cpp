// SPDX-License-Identifier: Apache-2.0
#include "test_kit/value_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

core::Value json(std::string_view text) {
    return *core::parse_json(text);
}

std::vector<Difference> compare(std::string_view expected, std::string_view actual,
                                Matching matching) {
    return differences(json(expected), json(actual), matching, "outputs");
}

TEST(ValueDiff, NamesThePlaceOfEachDifference) {
    EXPECT_THAT(compare(R"({"a": {"b": [1, 2]}, "c d": 1})", R"({"a": {"b": [1, 3]}, "c d": "1"})",
                        Matching::whole),
                ElementsAre(Difference{"outputs.a.b[1]", "2", "3"},
                            Difference{R"(outputs["c d"])", "1", R"("1")"}));
}

TEST(ValueDiff, SaysWhatIsMissingAndWhatIsTooMuch) {
    EXPECT_THAT(compare(R"({"a": 1, "b": [1, 2]})", R"({"b": [1], "c": 3})", Matching::whole),
                ElementsAre(Difference{"outputs.a", "1", "nothing"},
                            Difference{"outputs.b[1]", "2", "nothing"},
                            Difference{"outputs.c", "nothing", "3"}));
}

TEST(ValueDiff, LetsAPartHaveMoreMembersButNoMoreElements) {
    EXPECT_THAT(
        compare(R"({"a": [{"x": 1}]})", R"({"a": [{"x": 1, "y": 2}], "b": 3})", Matching::part),
        IsEmpty());
    EXPECT_THAT(compare(R"({"a": [1]})", R"({"a": [1, 2]})", Matching::part),
                ElementsAre(Difference{"outputs.a[1]", "nothing", "2"}));
}

TEST(ValueDiff, EndsAtItsLimit) {
    std::string many = "[";
    for (std::size_t i = 0; i < 2 * differences_max; ++i)
        many += (i == 0 ? "" : ",") + std::to_string(i);
    EXPECT_EQ(compare("[]", many + "]", Matching::whole).size(), differences_max);
}

}  // namespace
}  // namespace millrace::cli
