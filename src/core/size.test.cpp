// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/size.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace millrace::core {
namespace {

TEST(Size, ReadsEveryUnit) {
    EXPECT_EQ(parse_size("512B"), ByteSize{512});
    EXPECT_EQ(parse_size("64KiB"), ByteSize{65'536});
    EXPECT_EQ(parse_size("1MiB"), ByteSize{1'048'576});
    EXPECT_EQ(parse_size("2GiB"), ByteSize{2'147'483'648});
    EXPECT_EQ(parse_size("1.5KiB"), ByteSize{1'536});
}

TEST(Size, SaysWhatToWrite) {
    EXPECT_EQ(parse_size("64").error().message(),
              "64 has no unit: write 64B (units: B, KiB, MiB, GiB, TiB)");
    EXPECT_EQ(parse_size("64kb").error().message(),
              "64kb has the unknown unit 'kb': write 64KiB (units: B, KiB, MiB, GiB, TiB)");
    EXPECT_EQ(parse_size("0.5B").error().message(), "0.5B is finer than a byte");
    EXPECT_EQ(parse_size("1025TiB").error().message(),
              "1025TiB is more than the largest size, 1024TiB");
    EXPECT_TRUE(parse_size("").error().is(SizeErrc::bad_size));
    EXPECT_EQ(parse_size("").error().code(), "bad_size");
}

TEST(Size, IsWrittenInTheLargestUnitThatDividesIt) {
    EXPECT_EQ(to_text(ByteSize{0}), "0B");
    EXPECT_EQ(to_text(ByteSize{65'536}), "64KiB");
    EXPECT_EQ(to_text(ByteSize{1'000}), "1000B");
    EXPECT_EQ(to_text(ByteSize{std::uint64_t{1} << 40}), "1TiB");
    EXPECT_EQ(to_text(ByteSize{std::numeric_limits<std::uint64_t>::max()}),
              "18446744073709551615B");
}

}  // namespace
}  // namespace millrace::core
