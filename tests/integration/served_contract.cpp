// SPDX-License-Identifier: Apache-2.0
#include "served_contract.hpp"

#include <gtest/gtest.h>

#include "support/command.hpp"

namespace millrace::testing {

void ServedContract::check(std::uint16_t, const std::string&, const HttpRequest& request,
                           const HttpAnswer& answer) {
    const std::string place = request.method + " " + request.target;
    if (answer.status < 400 || request.method == "HEAD" || request.target.starts_with("/health"))
        return;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json") << place;
    const Value problem = json(answer.body);
    EXPECT_EQ(at(problem, "status"), Value{answer.status}) << place;
    for (const char* const member : {"type", "title", "detail", "code"})
        EXPECT_TRUE(at(problem, member).is_string()) << place << ": " << member;
}

}  // namespace millrace::testing
