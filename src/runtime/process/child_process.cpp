// SPDX-License-Identifier: Apache-2.0
#include "process/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace millrace::runtime {
namespace {

/// `waitid` with what the program has used: the system call gives it, the C library does not.
long wait_and_measure(pid_t id, siginfo_t& info, rusage& used) {
    return syscall(SYS_waitid, P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT, &used);
}

ChildProcess::Use use_of(const rusage& used) {
    const auto time = [](const timeval& spent) {
        return std::chrono::seconds{spent.tv_sec} + std::chrono::microseconds{spent.tv_usec};
    };
    constexpr std::uint64_t kibibyte = 1'024;
    return {time(used.ru_utime) + time(used.ru_stime),
            static_cast<std::uint64_t>(used.ru_maxrss) * kibibyte};
}

struct Pipe {
    Fd read;
    Fd write;
};

std::expected<Pipe, int> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected{errno};
    return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const std::string& text : texts)
        list.push_back(const_cast<char*>(text.c_str()));  // execve does not write to them
    list.push_back(nullptr);
    return list;
}

struct Descriptors {
    int input;
    int output;
    int errors;
    int report;  // where the child says why it could not start
};

/// After fork in a process with threads: nothing here may allocate or lock.
[[noreturn]] void become(const ChildOptions& options, char* const* arguments,
                         char* const* environment, const Descriptors& use, pid_t parent) {
    const auto give_up = [&use] {
        const int error = errno;
        const ssize_t ignored = write(use.report, &error, sizeof error);
        static_cast<void>(ignored);
        _exit(127);
    };
    setpgid(0, 0);
    // Whoever killed the parent meant this, too; it may have been gone before this line.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    for (int number = 1; number < NSIG; ++number)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (options.folder >= 0 && fchdir(options.folder) != 0) give_up();
    // The pipes' numbers are all above 2: this process has those open, see `above_standard`.
    if (dup2(use.input, 0) < 0 || dup2(use.output, 1) < 0 || dup2(use.errors, 2) < 0) give_up();
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(options.program.c_str(), arguments, environment);
    give_up();
    std::unreachable();
}

/// A descriptor that dup2 to 0, 1 and 2 cannot overwrite, even where the process had those closed.
bool above_standard(Fd& fd) {
    if (fd.get() > 2) return true;
    fd = Fd{fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)};
    return static_cast<bool>(fd);
}

void never_block(const Fd& fd) {
    fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

std::expected<ChildProcess, int> ChildProcess::start(const ChildOptions& options) {
    std::array<Pipe, 4> pipes;
    for (Pipe& pipe : pipes) {
        auto made = make_pipe();
        if (!made) return std::unexpected{made.error()};
        pipe = *std::move(made);
        if (!above_standard(pipe.read) || !above_standard(pipe.write)) {
            return std::unexpected{errno};
        }
    }
    auto& [input, output, errors, report] = pipes;
    const std::vector<char*> arguments = pointers(options.arguments);
    const std::vector<char*> environment = pointers(options.environment);
    const Descriptors use{input.read.get(), output.write.get(), errors.write.get(),
                          report.write.get()};
    const pid_t parent = getpid();
    const pid_t id = fork();
    if (id < 0) return std::unexpected{errno};
    if (id == 0) become(options, arguments.data(), environment.data(), use, parent);
    ChildProcess child;
    child.id_ = id;
    setpgid(id, id);  // the child does the same; whoever comes first
    report.write.close();
    int error = 0;
    ssize_t count = 0;
    do {
        count = read(report.read.get(), &error, sizeof error);
    } while (count < 0 && errno == EINTR);
    if (count > 0) return std::unexpected{error};
    child.input_ = std::move(input.write);
    child.output_ = std::move(output.read);
    child.errors_ = std::move(errors.read);
    never_block(child.input_);
    never_block(child.output_);
    never_block(child.errors_);
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : input_{std::move(other.input_)},
      output_{std::move(other.output_)},
      errors_{std::move(other.errors_)},
      id_{std::exchange(other.id_, -1)},
      ended_{other.ended_},
      end_{other.end_},
      use_{other.use_} {}

ChildProcess::~ChildProcess() {
    if (id_ < 0) return;
    // Also those that the program has started and left behind.
    signal(SIGKILL);
    waitpid(id_, nullptr, 0);
}

void ChildProcess::signal(int number) const {
    if (id_ > 0) kill(-id_, number);
}

bool ChildProcess::has_ended() {
    if (ended_) return true;
    siginfo_t info{};
    rusage used{};
    // It stays a zombie until the destructor, so that its number, and its group's, stay its own.
    if (wait_and_measure(id_, info, used) == 0) {
        ended_ = info.si_pid == id_;
        if (ended_) end_ = {info.si_code == CLD_EXITED, info.si_status};
        if (ended_) use_ = use_of(used);
    } else if (errno == ECHILD) {
        // Where SIGCHLD is ignored, the system keeps no ends, and the number may be another's now.
        ended_ = true;
        id_ = -1;
    }
    return ended_;
}

}  // namespace millrace::runtime
