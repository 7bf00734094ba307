// SPDX-License-Identifier: Apache-2.0
#include "routes/system/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SystemPages, ShowTextAsTextAndBackquotesAsCode) {
    const ProblemKind kind{"odd", 418, "A <b> & \"c\"", "Say `x < y`."};
    const std::string page = problem_page(kind, "").body;
    EXPECT_THAT(page, HasSubstr("<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>"));
    EXPECT_THAT(page, HasSubstr("Say <code>x &lt; y</code>."));
    EXPECT_THAT(page, HasSubstr("<title>A &lt;b&gt;"));
}

TEST(SystemPages, LoadNothingAndRunNothing) {
    for (const Response& page : {start_page("1.2.3", ""), problems_page("")}) {
        EXPECT_THAT(page.body, Not(HasSubstr("<script")));
        EXPECT_THAT(page.body, Not(HasSubstr("src=")));
        EXPECT_THAT(*page.headers.find("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    }
}

TEST(SystemPages, ListEveryProblem) {
    const std::string page = problems_page("/flows").body;
    for (const ProblemKind& kind : problem_codes())
        EXPECT_THAT(page, HasSubstr("\"/flows/problems/" + std::string{kind.code} + "\""));
}

}  // namespace
}  // namespace millrace::server
