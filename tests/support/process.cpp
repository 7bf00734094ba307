// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <thread>

extern char** environ;

namespace millrace::testing {
namespace {

constexpr std::chrono::milliseconds look_again{1};
constexpr uid_t ordinary_user = 65534;

int memory_file(std::string_view content) {
    const int file = memfd_create("output", MFD_CLOEXEC);
    if (file < 0) std::abort();
    while (!content.empty()) {
        const ssize_t count = write(file, content.data(), content.size());
        if (count <= 0) std::abort();
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    lseek(file, 0, SEEK_SET);
    return file;
}

std::string content_of(int file) {
    std::string content;
    std::array<char, 65536> buffer;
    while (true) {
        const auto at = static_cast<off_t>(content.size());
        const ssize_t count = pread(file, buffer.data(), buffer.size(), at);
        if (count <= 0) return content;
        content.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

std::vector<std::string> environment_with(const ProcessOptions& options) {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::size_t equals = text.find('=');
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    // What the caller of the tests has set for its own use must not reach what they start.
    for (const char* const name : {"MILLRACE_DATA", "MILLRACE_SERVER", "MILLRACE_TOKEN"})
        variables.erase(name);
    for (const auto& [name, value] : options.environment) {
        if (value.empty()) {
            variables.erase(name);
        } else {
            variables[name] = value;
        }
    }
    std::vector<std::string> entries;
    for (const auto& [name, value] : variables)
        entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Between fork and exec: only calls that are safe after the fork of a process with threads.
[[noreturn]] void become(const char* program, const ProcessOptions& options, char** arguments,
                         char** environment, std::array<int, 3> files) {
    for (int i = 0; i < 3; ++i)
        dup2(files[static_cast<std::size_t>(i)], i);
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
    if (options.file_size_max) {
        const rlimit limit{*options.file_size_max, *options.file_size_max};
        ::signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (!options.ignores_permissions && geteuid() == 0) {
        if (setgid(ordinary_user) != 0 || setuid(ordinary_user) != 0) _exit(126);
    }
    execve(program, arguments, environment);
    _exit(127);
}

}  // namespace

Process::Process(const std::filesystem::path& program, const ProcessOptions& options)
    : out_{memory_file({})}, err_{memory_file({})} {
    const int in = memory_file(options.input);
    std::vector<std::string> arguments{program.string()};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    std::vector<std::string> environment = environment_with(options);
    std::vector<char*> argument_pointers = pointers_to(arguments);
    std::vector<char*> environment_pointers = pointers_to(environment);
    id_ = fork();
    if (id_ < 0) std::abort();
    if (id_ == 0) {
        become(program.c_str(), options, argument_pointers.data(), environment_pointers.data(),
               {in, out_, err_});
    }
    close(in);
}

Process::~Process() {
    if (!has_ended()) {
        signal(SIGKILL);
        wait();
    }
    close(out_);
    close(err_);
}

void Process::signal(int number) const {
    if (!status_) kill(id_, number);
}

bool Process::has_ended() {
    if (status_) return true;
    int state = 0;
    if (waitpid(id_, &state, WNOHANG) != id_) return false;
    status_ = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
    return true;
}

Finished Process::wait() {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (!has_ended()) {
        if (std::chrono::steady_clock::now() > limit) signal(SIGKILL);
        std::this_thread::sleep_for(look_again);
    }
    return {*status_, out_so_far(), err_so_far()};
}

bool Process::wait_for_text(int file, std::string_view text) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (true) {
        const bool ended = has_ended();
        if (content_of(file).find(text) != std::string::npos) return true;
        if (ended || std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::sleep_for(look_again);
    }
}

bool Process::wait_for_error_text(std::string_view text) {
    return wait_for_text(err_, text);
}

bool Process::wait_for_output_text(std::string_view text) {
    return wait_for_text(out_, text);
}

std::string Process::out_so_far() const {
    return content_of(out_);
}

std::string Process::err_so_far() const {
    return content_of(err_);
}

Finished run_process(const std::filesystem::path& program, const ProcessOptions& options) {
    return Process{program, options}.wait();
}

}  // namespace millrace::testing
