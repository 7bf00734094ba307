// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>

#include "metrics/progress.hpp"

namespace millrace::server {
namespace {

std::optional<std::string> contents(const std::filesystem::path& file) {
    std::ifstream in{file};
    if (!in) return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

double ticks_per_second() {
    return static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// The number behind `name` in a file of `Name: number` lines; 0: it is not there.
std::uint64_t number_of(const std::string& text, std::string_view name) {
    std::istringstream lines{text};
    std::string word;
    while (lines >> word) {
        std::uint64_t value = 0;
        if (word == name && lines >> value) return value;
        lines.ignore(1'000, '\n');
    }
    return 0;
}

/// When the machine was started, in seconds since 1970.
double boot_time(const std::filesystem::path& proc) {
    const auto text = contents(proc / "stat");
    return text ? static_cast<double>(number_of(*text, "btime")) : 0;
}

void read_cpu(const std::filesystem::path& proc, HostState& host) {
    const auto text = contents(proc / "stat");
    if (!text) return;
    std::istringstream line{*text};
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, irq = 0, soft_irq = 0, steal = 0;
    line >> name >> user >> nice >> system >> idle >> io_wait >> irq >> soft_irq >> steal;
    host.busy_cpu_seconds = (user + nice + system + irq + soft_irq + steal) / ticks_per_second();
    host.idle_cpu_seconds = (idle + io_wait) / ticks_per_second();
}

void read_network(const std::filesystem::path& proc, HostState& host) {
    const auto text = contents(proc / "net" / "dev");
    if (!text) return;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        std::istringstream name{line.substr(0, colon)};
        std::string interface;
        name >> interface;
        if (interface == "lo") continue;
        // Bytes, and seven columns of other things, in each direction.
        std::istringstream columns{line.substr(colon + 1)};
        std::uint64_t column[9] = {};
        for (std::uint64_t& value : column)
            columns >> value;
        host.received_bytes += column[0];
        host.sent_bytes += column[8];
    }
}

}  // namespace

std::optional<ProcessState> read_process(const std::filesystem::path& proc) {
    const auto text = contents(proc / "self" / "stat");
    if (!text) return std::nullopt;
    // The program's name stands in parentheses and may hold anything.
    const std::size_t name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields{text->substr(name_end + 1)};
    // Fields 3 to 24 of proc(5).
    std::string field[22];
    for (std::string& value : field)
        if (!(fields >> value)) return std::nullopt;
    const auto number = [&](std::size_t of_manual) {
        return std::strtoull(field[of_manual - 3].c_str(), nullptr, 10);
    };
    ProcessState state;
    state.cpu_seconds = static_cast<double>(number(14) + number(15)) / ticks_per_second();
    state.threads = number(20);
    state.start_time_seconds =
        boot_time(proc) + static_cast<double>(number(22)) / ticks_per_second();
    state.virtual_bytes = number(23);
    state.resident_bytes = number(24) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    std::error_code error;
    for (std::filesystem::directory_iterator at{proc / "self" / "fd", error}, end;
         !error && at != end; at.increment(error))
        ++state.open_files;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) state.open_files_max = limit.rlim_cur;
    return state;
}

std::optional<HostState> read_host(const std::filesystem::path& proc) {
    const auto memory = contents(proc / "meminfo");
    if (!memory) return std::nullopt;
    constexpr std::uint64_t kibibyte = 1'024;
    HostState host;
    host.memory_bytes = number_of(*memory, "MemTotal:") * kibibyte;
    host.available_memory_bytes = number_of(*memory, "MemAvailable:") * kibibyte;
    read_cpu(proc, host);
    read_network(proc, host);
    if (const auto load = contents(proc / "loadavg")) std::istringstream{*load} >> host.load;
    return host;
}

namespace {

std::shared_ptr<Progress> progress(Counter& counter) {
    return std::make_shared<Progress>(counter);
}

void add_process(MetricRegistry& registry) {
    const auto gauge = [&](const char* name, const char* help) -> Gauge& {
        return registry.gauges({name, help}).only();
    };
    registry.before_reading(
        [cpu = progress(registry
                            .counters({"process_cpu_seconds_total",
                                       "Processor time of the process, of user and system."})
                            .only()),
         &resident = gauge("process_resident_memory_bytes", "Memory of the process in use."),
         &virtual_size = gauge("process_virtual_memory_bytes", "Address space of the process."),
         &threads = gauge("process_threads", "Threads of the process."),
         &files = gauge("process_open_fds", "Open files and sockets."),
         &files_max = gauge("process_max_fds", "How many files and sockets may be open."),
         &start = gauge("process_start_time_seconds", "When it was started, since 1970.")] {
            const auto state = read_process("/proc");
            if (!state) return;
            cpu->reach(state->cpu_seconds);
            resident.set(static_cast<double>(state->resident_bytes));
            virtual_size.set(static_cast<double>(state->virtual_bytes));
            threads.set(static_cast<double>(state->threads));
            files.set(static_cast<double>(state->open_files));
            files_max.set(static_cast<double>(state->open_files_max));
            start.set(state->start_time_seconds);
        });
}

void add_host(MetricRegistry& registry) {
    auto& cpu = registry.counters(
        {"millrace_host_cpu_seconds_total", "Processor time of the machine.", {"mode"}});
    auto& network =
        registry.counters({"millrace_host_network_bytes_total",
                           "Bytes over the machine's network interfaces, but the loopback.",
                           {"direction"}});
    auto& memory = registry.gauges(
        {"millrace_host_memory_bytes", "Memory of the machine, and what of it is free.", {"kind"}});
    registry.before_reading(
        [busy = progress(cpu.at({"busy"})), idle = progress(cpu.at({"idle"})),
         received = progress(network.at({"received"})), sent = progress(network.at({"sent"})),
         &total = memory.at({"total"}), &available = memory.at({"available"}),
         &load = registry.gauges({"millrace_host_load", "The machine's load over the last minute."})
                     .only()] {
            const auto host = read_host("/proc");
            if (!host) return;
            busy->reach(host->busy_cpu_seconds);
            idle->reach(host->idle_cpu_seconds);
            received->reach(static_cast<double>(host->received_bytes));
            sent->reach(static_cast<double>(host->sent_bytes));
            total.set(static_cast<double>(host->memory_bytes));
            available.set(static_cast<double>(host->available_memory_bytes));
            load.set(host->load);
        });
}

}  // namespace

void add_process_metrics(MetricRegistry& registry, std::string_view version) {
    add_process(registry);
    add_host(registry);
    registry
        .gauges({"millrace_build_info", "1; the program's version is in the label.", {"version"}})
        .at({version})
        .set(1);
}

}  // namespace millrace::server
