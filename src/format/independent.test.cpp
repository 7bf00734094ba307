// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/format/document.hpp"

namespace millrace::format {
namespace {

using core::Problem;
using core::ProblemCode;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

Problem problem(ProblemCode code, std::string path) {
    return {code, std::move(path), "", "", 0, 0};
}

TEST(Independent, KeepsWhatHasNothingToDoWithTheForm) {
    const core::Problems kept =
        independent({problem(ProblemCode::cycle, "/connections/2")},
                    {problem(ProblemCode::bad_duration, "/nodes/1/retry/delay")});
    EXPECT_THAT(kept, ElementsAre(Field(&Problem::code, ProblemCode::cycle)));
}

TEST(Independent, DropsWhatStandsAtTheSamePlaceOrBelow) {
    EXPECT_THAT(independent({problem(ProblemCode::unknown_type, "/nodes/1/type"),
                             problem(ProblemCode::schema, "/nodes/1/data/url")},
                            {problem(ProblemCode::bad_value, "/nodes/1/type"),
                             problem(ProblemCode::bad_value, "/nodes/1/data")}),
                IsEmpty());
}

TEST(Independent, TrustsNoGraphWhoseConnectionsCannotBeRead) {
    EXPECT_THAT(independent({problem(ProblemCode::missing_connection, "/nodes/3"),
                             problem(ProblemCode::unknown_type, "/nodes/3/type")},
                            {problem(ProblemCode::bad_value, "/connections/0")}),
                ElementsAre(Field(&Problem::code, ProblemCode::unknown_type)));
}

TEST(Independent, TrustsNoNamesWhoseListCannotBeRead) {
    EXPECT_THAT(independent({problem(ProblemCode::bad_expression, "/nodes/0/data/text")},
                            {problem(ProblemCode::bad_value, "/variables/a-b")}),
                IsEmpty());
}

TEST(Independent, HasADraftOnlyWithProblems) {
    const DocumentRead good = read_document({"w", "millrace: 1\nid: a\nnodes: []", Syntax::yaml});
    EXPECT_FALSE(good.draft);
    const DocumentRead bad = read_document(
        {"w", "millrace: 1\nid: a\nnodes:\n  - { id: x, type: t.t, timeout: 5 }", Syntax::yaml});
    ASSERT_TRUE(bad.draft);
    EXPECT_FALSE(bad.document);
    EXPECT_EQ(bad.draft->nodes.at(0).id, "x");
}

}  // namespace
}  // namespace millrace::format
