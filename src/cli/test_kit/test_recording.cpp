// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_recording.hpp"

#include <utility>

#include "documents/document_file.hpp"
#include "millrace/core/node_type.hpp"
#include "millrace/format/json.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

using core::Value;

std::unexpected<core::Error> no_export(const std::string& name, const std::string& why) {
    return core::fail(FileErrc::bad_argument,
                      one_line(name) + " is no exported execution: " + why +
                          "; write one with millrace executions export ID --out FILE");
}

core::Duration between(const Value& attempt) {
    const Value* const from = attempt.find("started_at");
    const Value* const to = attempt.find("completed_at");
    if (from == nullptr || to == nullptr || !from->is_string() || !to->is_string()) return {0};
    const auto begin = core::Time::parse(from->as_string());
    const auto end = core::Time::parse(to->as_string());
    if (!begin || !end || *end < *begin) return {0};
    return *end - *begin;
}

}  // namespace

core::Result<Recording> Recording::read(const std::string& name, std::string_view text) {
    auto parsed = format::read_json(text);
    if (!parsed) return no_export(name, parsed.error().message());
    const auto decoded = core::decode_bytes(*parsed);
    if (!decoded) return no_export(name, decoded.error().message());
    const Value* const version = decoded->find("millrace_execution");
    if (version == nullptr || !(*version == Value{export_format}))
        return no_export(name, "it does not have millrace_execution: 1");
    const Value* const runs = decoded->find("runs");
    if (runs == nullptr || !runs->is_object()) return no_export(name, "it has no runs");
    Recording recording;
    for (const core::Member& member : runs->as_object()) {
        auto run = read_run(member.value);
        if (!run) return no_export(name, "run " + member.key + ": " + run.error().message());
        recording.runs_.emplace(member.key, std::move(*run));
    }
    return recording;
}

core::Result<Recording::Run> Recording::read_run(const Value& value) {
    Run run;
    if (const Value* const outputs = value.find("outputs")) run.outputs = *outputs;
    const Value* const attempts = value.find("attempts");
    if (attempts == nullptr || !attempts->is_array()) return run;
    for (const Value& element : attempts->as_array()) {
        Attempt attempt{between(element), {}};
        if (const Value* const error = element.find("error")) {
            auto failure = core::Failure::from_value(*error);
            if (!failure) return std::unexpected(failure.error());
            attempt.failure = std::move(*failure);
        }
        run.attempts.push_back(std::move(attempt));
    }
    return run;
}

std::optional<runtime::StandIn> Recording::find(
    const std::string& path, std::uint32_t attempt,
    const std::vector<core::PortDescriptor>& ports) const {
    const auto run = runs_.find(path);
    if (run == runs_.end() || attempt == 0 || attempt > run->second.attempts.size())
        return std::nullopt;
    const Attempt& recorded = run->second.attempts[attempt - 1];
    if (recorded.failure) return runtime::StandIn{*recorded.failure, recorded.took};
    std::vector<engine::PortValue> outputs;
    for (std::uint32_t i = 0; i < ports.size(); ++i) {
        if (const Value* const value = run->second.outputs.find(ports[i].name))
            outputs.push_back({core::PortIndex{i}, *value});
    }
    return runtime::StandIn{std::move(outputs), recorded.took};
}

}  // namespace millrace::cli
