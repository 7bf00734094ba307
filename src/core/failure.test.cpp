// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::core {
namespace {

using ::testing::HasSubstr;

Failure charge_failed() {
    return {.code = "http_503",
            .error_class = ErrorClass::http_5xx,
            .message = "The peer answered 503.",
            .node_id = "charge",
            .attempt = 2,
            .recoverable = true,
            .details = Value::object({{"status", 503}}),
            .retry_after_ms = std::nullopt,
            .cause = std::make_shared<const Failure>(Failure{
                .code = "reset", .error_class = ErrorClass::connection, .message = "Reset."})};
}

std::string error_of(std::string_view json) {
    const Result<Failure> failure = Failure::from_value(*parse_json(json));
    EXPECT_FALSE(failure.has_value()) << json;
    return failure ? "no error" : failure.error().message();
}

TEST(Failure, HasOneJsonForm) {
    EXPECT_EQ(
        to_json(charge_failed().to_value()),
        R"({"code":"http_503","class":"http_5xx","message":"The peer answered 503.",)"
        R"("node_id":"charge","attempt":2,"recoverable":true,"details":{"status":503},)"
        R"("cause":{"code":"reset","class":"connection","message":"Reset.","recoverable":false}})");
}

TEST(Failure, ReadsBackItsJsonForm) {
    EXPECT_EQ(Failure::from_value(charge_failed().to_value()), charge_failed());
    EXPECT_EQ(Failure::from_value(Failure{.code = "x"}.to_value()), Failure{.code = "x"});
}

TEST(Failure, SaysWhichFieldIsWrong) {
    EXPECT_EQ(error_of("5"), "a failure must be an object, not integer");
    EXPECT_EQ(error_of("null"), "a failure must be an object, not null");
    EXPECT_EQ(error_of(R"({"class":"limit","message":""})"), "'code' is missing");
    EXPECT_EQ(error_of(R"({"code":5,"class":"limit","message":""})"),
              "'code' must be a string, not integer");
    EXPECT_EQ(error_of(R"({"code":"x","class":"odd","message":""})"),
              "'class' has the unknown value 'odd'");
    EXPECT_EQ(error_of(R"({"code":"x","class":"limit","message":"","attempt":-1})"),
              "'attempt' must be from 0 to 4294967295");
    EXPECT_EQ(error_of(R"({"code":"x","class":"limit","message":"","cause":{"code":"y"}})"),
              "in cause: 'class' is missing");
}

TEST(Failure, RefusesEndlessCauses) {
    Value value = Failure{.code = "x"}.to_value();
    for (int i = 0; i < 100; ++i) {
        value = Value::object(
            {{"code", "x"}, {"class", "limit"}, {"message", ""}, {"cause", std::move(value)}});
    }
    EXPECT_THAT(Failure::from_value(value).error().message(), HasSubstr("nested causes"));
}

TEST(Failure, ComparesCauses) {
    Failure other = charge_failed();
    other.cause = nullptr;
    EXPECT_NE(other, charge_failed());
    EXPECT_EQ(charge_failed(), charge_failed());
}

TEST(ErrorClass, ReadsBackItsText) {
    for (int i = 0; i <= static_cast<int>(ErrorClass::canceled); ++i) {
        const auto error_class = static_cast<ErrorClass>(i);
        EXPECT_EQ(parse_error_class(to_text(error_class)), error_class);
    }
    EXPECT_EQ(to_text(ErrorClass::http_4xx), "http_4xx");
    EXPECT_EQ(parse_error_class("HTTP"), std::nullopt);
}

}  // namespace
}  // namespace millrace::core
