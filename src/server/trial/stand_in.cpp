// SPDX-License-Identifier: Apache-2.0
#include "trial/stand_in.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/server/node_trial.hpp"

namespace millrace::server {
namespace {

using core::Value;

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lowered;
}

std::string words_of(const Value& value) {
    return value.is_string() ? std::string{value.as_string()} : core::to_json(value);
}

engine::HttpAnswer http_answer(const Value& said) {
    engine::HttpAnswer answer;
    const Value* const status = said.find("status");
    const bool has_status = status != nullptr && status->is_integer();
    answer.status =
        has_status
            ? static_cast<std::int32_t>(std::clamp<std::int64_t>(status->as_integer(), 100, 599))
            : 200;
    bool has_type = false;
    const Value* const headers = said.find("headers");
    if (headers != nullptr && headers->is_object()) {
        for (const core::Member& member : headers->as_object()) {
            std::string name = lower(member.key);
            has_type = has_type || name == "content-type";
            answer.headers.emplace_back(std::move(name), words_of(member.value));
        }
    }
    const Value* const body = said.find("body");
    if (body == nullptr) return answer;
    if (body->is_bytes()) {
        const auto bytes = body->as_bytes();
        answer.body.assign(bytes.begin(), bytes.end());
        return answer;
    }
    answer.body = words_of(*body);
    if (!has_type)
        answer.headers.emplace_back("content-type",
                                    body->is_string() ? "text/plain" : "application/json");
    return answer;
}

core::Result<std::vector<engine::PortValue>> port_values(const Value& outputs,
                                                         const core::NodeType& type) {
    std::vector<engine::PortValue> values;
    for (std::uint32_t i = 0; i < type.outputs.size(); ++i)
        if (const Value* const value = outputs.find(type.outputs[i].name))
            values.push_back({core::PortIndex{i}, *value});
    if (outputs.is_object() && values.size() == outputs.size()) return values;
    std::string names;
    for (const core::PortDescriptor& port : type.outputs)
        names += (names.empty() ? "" : ", ") + port.name;
    return core::fail(TrialErrc::bad_answer,
                      "`outputs` is an object of values by output; " + type.type + " has " + names);
}

core::Result<core::Failure> failure_of(const Value& said) {
    core::ObjectBuilder whole;
    whole.set("code", "failed").set("class", "internal").set("message", "It has failed.");
    whole.set("recoverable", false);
    if (said.is_object()) {
        for (const core::Member& member : said.as_object())
            whole.set(member.key, member.value);
    }
    auto failure = core::Failure::from_value(std::move(whole).build());
    if (failure) return failure;
    return core::fail(TrialErrc::bad_answer, "`failure`: " + failure.error().message());
}

core::Result<runtime::StandIn> read_one(const Value& answer, const core::NodeType& type) {
    runtime::StandIn stand_in;
    if (const Value* const takes = answer.find("takes")) {
        const auto duration =
            core::parse_duration(takes->is_string() ? takes->as_string() : std::string_view{});
        if (!duration)
            return core::fail(TrialErrc::bad_answer, "`takes`: " + duration.error().message());
        stand_in.takes = *duration;
    }
    if (const Value* const failure = answer.find("failure")) {
        auto read = failure_of(*failure);
        if (!read) return std::unexpected(read.error());
        stand_in.outcome = *std::move(read);
    } else if (const Value* const outputs = answer.find("outputs")) {
        auto read = port_values(*outputs, type);
        if (!read) return std::unexpected(read.error());
        stand_in.outcome = *std::move(read);
    } else if (answer.find("status") != nullptr || answer.find("body") != nullptr) {
        stand_in.outcome = http_answer(answer);
    } else {
        stand_in.outcome = std::vector<engine::PortValue>{{core::PortIndex{0}, type.mock_output}};
    }
    return stand_in;
}

}  // namespace

core::Result<std::vector<runtime::StandIn>> read_stand_ins(std::span<const Value> answers,
                                                           const core::NodeType& type) {
    std::vector<runtime::StandIn> stand_ins;
    for (const Value& answer : answers) {
        auto read = read_one(answer, type);
        if (!read) {
            const std::string which = "answer " + std::to_string(stand_ins.size() + 1);
            return std::unexpected(read.error().during(which));
        }
        stand_ins.push_back(*std::move(read));
    }
    return stand_ins;
}

}  // namespace millrace::server
