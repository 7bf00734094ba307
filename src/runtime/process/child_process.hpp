// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "files/fd.hpp"

namespace millrace::runtime {

struct ChildOptions {
    std::string program;                   ///< absolute path
    std::vector<std::string> arguments;    ///< the program's own name first
    std::vector<std::string> environment;  ///< `NAME=value`; all of it
    int folder = -1;                       ///< descriptor of the folder to start in; -1: here
};

/// A program that runs with no descriptor, signal or variable of this process, in a process group
/// of its own. It dies with the thread that started it; the destructor kills and awaits it.
class ChildProcess {
public:
    /// The error is an `errno`.
    static std::expected<ChildProcess, int> start(const ChildOptions& options);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    /// Ends of pipes that never block.
    Fd& input() { return input_; }
    Fd& output() { return output_; }
    Fd& errors() { return errors_; }

    /// To all of its process group.
    void signal(int number) const;
    bool has_ended();
    /// How it has ended: with an exit status, or by a signal; signal 0: that was lost, because
    /// this process ignores SIGCHLD.
    struct End {
        bool by_itself = false;
        int number = 0;
    };
    End end() const { return end_; }
    /// What it and the programs that it awaited have used, once it has ended.
    struct Use {
        std::chrono::nanoseconds cpu{0};
        std::uint64_t memory = 0;  ///< bytes, at most
    };
    Use use() const { return use_; }

private:
    ChildProcess() = default;

    Fd input_;
    Fd output_;
    Fd errors_;
    pid_t id_ = -1;
    bool ended_ = false;
    End end_;
    Use use_;
};

}  // namespace millrace::runtime
