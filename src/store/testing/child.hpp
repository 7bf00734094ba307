// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

namespace millrace::store::testing {

/// A process that runs `work` and hands back the text it returns, then waits to be ended. For what
/// needs another process: locks, limits, other users, dying by SIGKILL.
class Child {
public:
    explicit Child(const std::function<std::string()>& work) {
        std::array<int, 2> pipe{};
        if (::pipe(pipe.data()) != 0) return;
        process_ = ::fork();
        if (process_ == 0) {
            const std::string text = work();
            const bool sent =
                ::write(pipe[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
            ::close(pipe[1]);
            if (sent) ::pause();
            ::_exit(1);
        }
        ::close(pipe[1]);
        std::array<char, 4'096> part{};
        ssize_t size = 0;
        while ((size = ::read(pipe[0], part.data(), part.size())) > 0)
            said_.append(part.data(), static_cast<std::size_t>(size));
        ::close(pipe[0]);
    }
    ~Child() { kill(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// What `work` returned.
    const std::string& said() const { return said_; }
    pid_t process() const { return process_; }
    void kill() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = -1;
    }

private:
    pid_t process_ = -1;
    std::string said_;
};

}  // namespace millrace::store::testing
