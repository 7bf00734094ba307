// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "millrace/server/metric_registry.hpp"

namespace millrace::server {

/// What the operating system says of this process.
struct ProcessState {
    double cpu_seconds = 0;
    double start_time_seconds = 0;  ///< since 1970
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t threads = 0;
    std::uint64_t open_files = 0;
    std::uint64_t open_files_max = 0;
};

/// And of the machine.
struct HostState {
    double busy_cpu_seconds = 0;
    double idle_cpu_seconds = 0;  ///< waiting for disks included
    std::uint64_t memory_bytes = 0;
    std::uint64_t available_memory_bytes = 0;
    std::uint64_t received_bytes = 0;  ///< by all network interfaces but the loopback
    std::uint64_t sent_bytes = 0;
    double load = 0;  ///< of the last minute
};

/// `proc` is where Linux shows them; none when it does not.
std::optional<ProcessState> read_process(const std::filesystem::path& proc);
std::optional<HostState> read_host(const std::filesystem::path& proc);

/// Adds both to what is read.
void add_process_metrics(MetricRegistry& registry, std::string_view version);

}  // namespace millrace::server
