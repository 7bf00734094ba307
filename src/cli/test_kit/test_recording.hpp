// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/runtime/rehearsal.hpp"

namespace millrace::cli {

/// The results of an exported execution, to stand in for its effects.
class Recording {
public:
    /// Reads what `executions export` wrote; `name` is the file's, for messages.
    static core::Result<Recording> read(const std::string& name, std::string_view text);

    /// How that attempt ended; none when the recording has no such attempt. `ports` are the names
    /// of the node's outputs.
    std::optional<runtime::StandIn> find(const std::string& path, std::uint32_t attempt,
                                         const std::vector<core::PortDescriptor>& ports) const;

private:
    struct Attempt {
        core::Duration took{0};
        std::optional<core::Failure> failure;  ///< none: it gave the run's outputs
    };
    struct Run {
        std::vector<Attempt> attempts;
        core::Value outputs;
    };
    static core::Result<Run> read_run(const core::Value& value);

    std::map<std::string, Run, std::less<>> runs_;
};

/// Format of exported executions; the number of their member `millrace_execution`.
inline constexpr std::int64_t export_format = 1;

}  // namespace millrace::cli
