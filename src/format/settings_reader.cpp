// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

core::WorkflowOnError read_on_error(Reading& reading, const Value& value, const Path& path) {
    using Kind = core::WorkflowOnError::Kind;
    if (value.is_object()) {
        reading.object(value, path, workflow_on_error_keys);
        if (value.size() == 0) reading.wrong_kind(value, path, "stop or continue");
        return {};
    }
    static constexpr std::array<std::string_view, 2> words{"stop", "continue"};
    return {.kind = reading.word(value, path, words) == 0 ? Kind::stop : Kind::proceed};
}

void check_durability(Reading& reading, const Value& value, const Path& path) {
    static constexpr std::array<std::string_view, 3> words{"journal", "checkpoint", "memory"};
    const std::size_t word = reading.word(value, path, words);
    if (word == 0) return;
    reading.report(
        ProblemCode::not_supported, path,
        "durability " + std::string{words[word]} + " is not executed by this version yet",
        "journal");
}

}  // namespace

core::Settings read_settings(Reading& reading, const Value& value, const Path& path) {
    core::Settings settings;
    if (!reading.object(value, path, settings_keys)) return settings;
    if (const Value* const on_error = value.find("on_error")) {
        settings.on_error = read_on_error(reading, *on_error, Path{path, "on_error"});
    }
    if (const Value* const parallel = value.find("max_parallel_nodes")) {
        settings.max_parallel_nodes = static_cast<std::uint32_t>(
            reading.integer(*parallel, Path{path, "max_parallel_nodes"}, parallel_nodes_range));
    }
    if (const Value* const timeout = value.find("timeout")) {
        settings.timeout = reading.duration(*timeout, Path{path, "timeout"});
    }
    if (const Value* const durability = value.find("durability")) {
        check_durability(reading, *durability, Path{path, "durability"});
    }
    return settings;
}

}  // namespace millrace::format
