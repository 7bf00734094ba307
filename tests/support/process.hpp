// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::testing {

struct ProcessOptions {
    std::vector<std::string> arguments;  ///< without the program's name
    std::filesystem::path folder;        ///< where it starts; empty: here
    /// Added to this process' environment; an empty value removes the name.
    std::vector<std::pair<std::string, std::string>> environment;
    std::string input;                    ///< what it reads from standard input
    std::optional<rlim_t> file_size_max;  ///< writes beyond fail with EFBIG; no signal
    bool ignores_permissions = true;      ///< false: root becomes an ordinary user first
};

struct Finished {
    int status = -1;  ///< exit status; 128 + signal when a signal ended it
    std::string out;
    std::string err;
};

/// A child process with its outputs. Killed at the latest when this object ends.
class Process {
public:
    /// Far more than any step of a test takes; a process that exceeds it is killed.
    static constexpr std::chrono::seconds patience{60};

    Process(const std::filesystem::path& program, const ProcessOptions& options);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }
    void signal(int number) const;
    /// Waits for its end.
    Finished wait();
    /// Waits until what it has written to stderr contains `text`; false when it ended without.
    bool wait_for_error_text(std::string_view text);
    /// The same for stdout.
    bool wait_for_output_text(std::string_view text);
    std::string out_so_far() const;
    std::string err_so_far() const;
    bool has_ended();

private:
    bool wait_for_text(int file, std::string_view text);

    int out_ = -1;  // files in memory: nobody has to read while the process writes
    int err_ = -1;
    pid_t id_ = -1;
    std::optional<int> status_;
};

Finished run_process(const std::filesystem::path& program, const ProcessOptions& options);

}  // namespace millrace::testing
