// SPDX-License-Identifier: Apache-2.0
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "behaviours.hpp"
#include "field.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/time.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::string_view until_rule =
    "until must be an RFC 3339 time such as 2030-01-31T08:00:00Z, or milliseconds since 1970";

std::optional<core::Time> read_until(const Value& until) {
    if (until.is_integer()) return core::Time{until.as_integer()};
    if (until.is_string()) return core::Time::parse(until.as_string());
    return std::nullopt;
}

std::expected<core::Duration, std::string> read_duration(const Value& length) {
    if (!length.is_string() && !length.is_number()) {
        return std::unexpected{"for must be a text with a unit, such as 250ms or 5m"};
    }
    // A bare number goes the same way: what reads durations knows what to suggest.
    const core::Result<core::Duration> duration = core::parse_duration(
        length.is_string() ? std::string{length.as_string()} : core::to_json(length));
    if (duration) return *duration;
    return std::unexpected{duration.error().message()};
}

/// When the wait of this call ends.
std::expected<core::Time, core::Failure> end_of(const engine::NodeCall& call) {
    const Value& length = call.field("for");
    const Value& until = call.field("until");
    if (length.is_null() == until.is_null()) {
        return std::unexpected{engine::validation_failure(
            "bad_delay", length.is_null() ? "there is neither `for` nor `until`"
                                          : "there are both `for` and `until`; choose one")};
    }
    if (!until.is_null()) {
        const std::optional<core::Time> time = read_until(until);
        if (time) return *time;
        return std::unexpected{engine::validation_failure("bad_time", std::string{until_rule})};
    }
    const std::expected<core::Duration, std::string> duration = read_duration(length);
    if (duration) return call.now + *duration;
    return std::unexpected{engine::validation_failure("bad_duration", duration.error())};
}

class FlowDelay final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const bool has_for = data.find("for") != nullptr;
        const bool has_until = data.find("until") != nullptr;
        if (!has_for && !has_until) {
            add_problem(problems, ProblemCode::missing_key, pointer,
                        "a delay needs `for`, such as for: 5m, or `until`");
        }
        if (has_for && has_until) {
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "until"),
                        "a delay has either `for` or `until`");
        }
        check_texts(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const std::expected<core::Time, core::Failure> end = end_of(call);
        if (!end) return end.error();
        engine::Emit then = engine::Emit::out(call.input());
        if (*end <= call.now) return then;
        return engine::WaitUntil{*end, std::move(then)};
    }

private:
    static void check_texts(const Value& data, const std::string& pointer,
                            core::Problems& problems) {
        // What is neither text nor number, the schema of the data reports.
        if (const Value* length = data.find("for");
            length != nullptr && (length->is_number() || fixed_text(data, "for"))) {
            if (const auto duration = read_duration(*length); !duration) {
                add_problem(problems, ProblemCode::bad_duration,
                            core::pointer_child(pointer, "for"), duration.error());
            }
        }
        if (const std::optional<std::string_view> text = fixed_text(data, "until")) {
            if (!core::Time::parse(*text)) {
                add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "until"),
                            std::string{until_rule});
            }
        }
    }
};

}  // namespace

Behaviour flow_delay() {
    return std::make_shared<FlowDelay>();
}

}  // namespace millrace::nodes
