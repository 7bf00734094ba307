// SPDX-License-Identifier: Apache-2.0
#include "routes/system/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Pages, ShowTextAsTextAndBackquotesAsCode) {
    const ProblemKind kind{"odd", 418, "A <b> & \"c\"", "Say `x < y`."};
    const std::string page = problem_page(kind, "");
    EXPECT_THAT(page, HasSubstr("<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>"));
    EXPECT_THAT(page, HasSubstr("Say <code>x &lt; y</code>."));
    EXPECT_THAT(page, HasSubstr("<title>A &lt;b&gt;"));
}

TEST(Pages, LoadNothingAndRunNothing) {
    for (const std::string& page : {start_page("1.2.3", ""), problems_page("")}) {
        EXPECT_THAT(page, Not(HasSubstr("<script")));
        EXPECT_THAT(page, Not(HasSubstr("src=")));
        EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
    }
    const Response response = html_response("x");
    EXPECT_THAT(*response.headers.find("Content-Security-Policy"), HasSubstr("default-src 'none'"));
}

TEST(Pages, ListEveryProblem) {
    const std::string page = problems_page("/flows");
    for (const ProblemKind& kind : problem_codes())
        EXPECT_THAT(page, HasSubstr("\"/flows/problems/" + std::string{kind.code} + "\""));
}

}  // namespace
}  // namespace millrace::server
