// SPDX-License-Identifier: Apache-2.0
#include "terminal/table.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

TEST(Table, AlignsColumnsByCells) {
    Table table{{"ID", "STATUS"}};
    table.add({{Tone::plain, "größer"}, {Tone::good, "completed"}});
    table.add({{Tone::plain, "a"}, {Tone::bad, "failed"}});
    EXPECT_EQ(table.text(80, false),
              "ID      STATUS\n"
              "größer  completed\n"
              "a       failed\n");
}

TEST(Table, CutsLongLines) {
    Table table{{"A", "B"}};
    table.add({{Tone::plain, "1"}, {Tone::plain, "a long text"}});
    EXPECT_EQ(table.text(8, false), "A  B\n1  a lo…\n");
}

}  // namespace
}  // namespace millrace::cli
