// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/binary.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "testing/arbitrary_value.hpp"

namespace millrace::core {
namespace {

std::string encoded(const Value& value) {
    std::string bytes;
    BinaryWriter{bytes}.value(value);
    return bytes;
}

std::string varint_bytes(std::uint64_t value) {
    std::string bytes;
    BinaryWriter{bytes}.varint(value);
    return bytes;
}

Failure nested_failure(std::size_t causes) {
    Failure failure{.code = "root", .message = "broken"};
    for (std::size_t i = 0; i < causes; ++i) {
        failure = Failure{.code = "outer",
                          .error_class = ErrorClass::timeout,
                          .cause = std::make_shared<const Failure>(std::move(failure))};
    }
    return failure;
}

TEST(Binary, WritesTheSameBytesForEver) {
    EXPECT_EQ(varint_bytes(0), std::string(1, '\0'));
    EXPECT_EQ(varint_bytes(127), "\x7F");
    EXPECT_EQ(varint_bytes(300), "\xAC\x02");
    EXPECT_EQ(varint_bytes(~std::uint64_t{0}), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
    EXPECT_EQ(encoded(Value::array({1, "a", true})),
              "\x07\x03\x03\x02\x05\x01"
              "a\x02");
    EXPECT_EQ(encoded(Value::object({{"k", -1}})), "\x08\x01\x01k\x03\x01");
    EXPECT_EQ(encoded(Value{0.5}), (std::string{"\x04\0\0\0\0\0\0\xE0\x3F", 9}));
}

TEST(Binary, ReadsBackEveryPrimitive) {
    std::string bytes;
    BinaryWriter writer{bytes};
    const Uuid id = Uuid::v7(Time{5}, 6, 7);
    writer.u8(200);
    writer.boolean(true);
    writer.zigzag(std::numeric_limits<std::int64_t>::min());
    writer.fixed64(0x0123456789ABCDEF);
    writer.real(-0.0);
    writer.text("text");
    writer.uuid(id);
    BinaryReader reader{bytes};
    EXPECT_EQ(reader.u8(), 200);
    EXPECT_TRUE(reader.boolean());
    EXPECT_EQ(reader.zigzag(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(reader.fixed64(), 0x0123456789ABCDEFu);
    EXPECT_TRUE(std::signbit(reader.real()));
    EXPECT_EQ(reader.text(), "text");
    EXPECT_EQ(reader.uuid(), id);
    EXPECT_TRUE(reader.at_end());
}

TEST(Binary, ReadsBackDeepTreesWithoutAStack) {
    Value value;
    for (int i = 0; i < 1'000'000; ++i)
        value = Value::array({std::move(value)});
    const std::string bytes = encoded(value);
    BinaryReader reader{bytes};
    EXPECT_EQ(reader.value(), value);
    EXPECT_TRUE(reader.at_end());
}

TEST(Binary, ReadsBackFailuresWithCauses) {
    Failure failure = nested_failure(3);
    failure.details = Value::object({{"status", 503}});
    failure.retry_after_ms = 1500;
    failure.attempt = 2;
    std::string bytes;
    BinaryWriter{bytes}.failure(failure);
    BinaryReader reader{bytes};
    EXPECT_EQ(reader.failure(), failure);
    EXPECT_TRUE(reader.at_end());
}

TEST(Binary, KeepsABoundedNumberOfCauses) {
    std::string bytes;
    BinaryWriter{bytes}.failure(nested_failure(failure_causes_max + 5));
    BinaryReader reader{bytes};
    const Failure read = reader.failure();
    EXPECT_TRUE(reader.at_end());
    std::size_t causes = 0;
    for (const Failure* at = read.cause.get(); at != nullptr; at = at->cause.get())
        ++causes;
    EXPECT_EQ(causes, failure_causes_max);
}

TEST(BinaryReader, StaysFailedAndGivesNothing) {
    BinaryReader reader{"\x05\x05"};
    EXPECT_EQ(reader.fixed64(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_EQ(reader.text(), "");
    EXPECT_EQ(reader.value(), Value{});
    EXPECT_EQ(reader.failure(), Failure{});
    EXPECT_TRUE(reader.uuid().is_nil());
    EXPECT_FALSE(reader.at_end());
    EXPECT_EQ(reader.remaining(), 0u);
}

TEST(BinaryReader, RefusesImpossibleBytes) {
    const auto fails = [](std::string_view bytes, auto read) {
        BinaryReader reader{bytes};
        read(reader);
        return !reader.ok();
    };
    const auto varint = [](BinaryReader& reader) { reader.varint(); };
    const auto value = [](BinaryReader& reader) { reader.value(); };
    EXPECT_TRUE(fails("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", varint));  // 65 bits
    EXPECT_TRUE(fails(std::string(11, '\xFF'), varint));
    EXPECT_TRUE(fails(std::string_view{"\x80\0", 2}, varint));  // longer than needed
    EXPECT_TRUE(fails("\x02", [](BinaryReader& reader) { reader.boolean(); }));
    EXPECT_TRUE(fails("\x09", value));          // no such tag
    EXPECT_TRUE(fails("\x07\x7F\x01", value));  // more elements than bytes
    EXPECT_TRUE(fails("\x05\x7F", value));      // more text than bytes
    EXPECT_TRUE(
        fails("\x0B", [](BinaryReader& reader) { reader.enumerator(ErrorClass::canceled); }));
}

TEST(BinaryReader, GuardsAnnouncedCounts) {
    const std::string bytes = varint_bytes(3) + "123456";
    EXPECT_EQ(BinaryReader{bytes}.count(2), 3u);
    BinaryReader reader{bytes};
    EXPECT_EQ(reader.count(3), 0u);
    EXPECT_FALSE(reader.ok());
}

RC_GTEST_PROP(BinaryLaws, ValuesReadBackTheSame, ()) {
    const Value value = *arbitrary_value();
    const std::string bytes = encoded(value);
    BinaryReader reader{bytes};
    RC_ASSERT((reader.value() == value));
    RC_ASSERT(reader.at_end());
    BinaryReader skipping{bytes};
    skipping.skip_value();
    RC_ASSERT(skipping.at_end());
}

RC_GTEST_PROP(BinaryLaws, NumbersReadBackTheSame, (std::uint64_t number, std::int64_t integer)) {
    std::string bytes;
    BinaryWriter writer{bytes};
    writer.varint(number);
    writer.zigzag(integer);
    BinaryReader reader{bytes};
    RC_ASSERT((reader.varint() == number));
    RC_ASSERT((reader.zigzag() == integer));
    RC_ASSERT(reader.at_end());
}

RC_GTEST_PROP(BinaryLaws, EveryCutOffValueFails, ()) {
    const std::string bytes = encoded(*arbitrary_value());
    const std::size_t size = *rc::gen::inRange<std::size_t>(0, bytes.size());
    BinaryReader reader{std::string_view{bytes}.substr(0, size)};
    reader.value();
    RC_ASSERT(!reader.ok());
}

RC_GTEST_PROP(BinaryLaws, CorruptBytesNeverBreakTheReader, ()) {
    std::string bytes = encoded(*arbitrary_value());
    const std::size_t at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = *rc::gen::arbitrary<char>();
    BinaryReader reader{bytes};
    const Value value = reader.value();
    if (!reader.ok()) RC_ASSERT((value == Value{}));
    BinaryReader skipping{bytes};
    skipping.skip_value();
    RC_ASSERT(skipping.ok() == reader.ok());
    RC_ASSERT(skipping.remaining() == reader.remaining());
}

}  // namespace
}  // namespace millrace::core
