// SPDX-License-Identifier: Apache-2.0
#include "node_peer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "millrace/core/json.hpp"

extern char** environ;

namespace millrace::differential {
namespace {

// Far more than any batch takes.
constexpr int patience_ms = 120'000;

std::string text_line(std::span<const std::string> texts) {
    std::string line = "[";
    for (const std::string& text : texts) {
        if (line.size() > 1) line += ',';
        core::append_json_string(line, text);
    }
    return line + "]\n";
}

}  // namespace

NodePeer::NodePeer(const std::string& script, std::span<const Scoped> scope) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is told by the write's result
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = "node";
    std::string path = script;
    const std::array<char*, 3> arguments{program.data(), path.data(), nullptr};
    if (posix_spawnp(&process_, "node", &actions, nullptr, arguments.data(), environ) != 0)
        process_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = out[0];
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const Scoped& scoped : scope) {
        names.push_back(scoped.name);
        values.push_back(scoped.javascript);
    }
    std::string names_text = text_line(names);
    std::string values_text = text_line(values);
    names_text.pop_back();
    values_text.pop_back();
    write_line("{\"names\":" + names_text + ",\"values\":" + values_text + "}\n");
}

NodePeer::~NodePeer() {
    if (to_ >= 0) close(to_);
    if (from_ >= 0) close(from_);
    // It ends when its input does; one that hangs in an expression does not.
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

bool NodePeer::write_line(const std::string& line) {
    if (process_ < 0) return false;
    for (std::size_t at = 0; at < line.size();) {
        const ssize_t written = write(to_, line.data() + at, line.size() - at);
        if (written <= 0) return false;
        at += static_cast<std::size_t>(written);
    }
    return true;
}

bool NodePeer::ask(std::span<const std::string> sources) {
    return write_line(text_line(sources));
}

std::optional<std::vector<std::string>> NodePeer::answer() {
    std::size_t end = read_.find('\n');
    while (end == std::string::npos) {
        pollfd ready{from_, POLLIN, 0};
        if (poll(&ready, 1, patience_ms) <= 0) return std::nullopt;
        std::array<char, 1 << 16> buffer;
        const ssize_t size = read(from_, buffer.data(), buffer.size());
        if (size <= 0) return std::nullopt;
        const std::size_t before = read_.size();
        read_.append(buffer.data(), static_cast<std::size_t>(size));
        end = read_.find('\n', before);
    }
    core::JsonLimits limits;
    limits.bytes_max = std::size_t{1} << 30;
    const auto line = core::parse_json(std::string_view{read_}.substr(0, end), limits);
    read_.erase(0, end + 1);
    if (!line || !line->is_array()) return std::nullopt;
    std::vector<std::string> results;
    for (const core::Value& result : line->as_array())
        results.emplace_back(result.as_string());
    return results;
}

}  // namespace millrace::differential
