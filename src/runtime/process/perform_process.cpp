// SPDX-License-Identifier: Apache-2.0
#include "process/perform_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "failures.hpp"
#include "files/file_form.hpp"
#include "millrace/core/size.hpp"
#include "millrace/core/utf8.hpp"
#include "process/child_process.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using Result = std::expected<Value, core::Failure>;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds term_patience{2'000};
constexpr std::size_t excerpt_bytes_max = 4096;

/// Feeds a child and collects what it says, until it has ended or must be ended.
class Conversation {
public:
    enum class End { by_itself, stopped, too_large };

    Conversation(ChildProcess& child, const engine::ProcessCall& call, const std::stop_token& stop)
        : child_{child}, call_{call}, stop_{stop}, wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

    End hold() {
        const std::stop_callback on_stop{stop_, [this] {
                                             const std::uint64_t one = 1;
                                             const ssize_t ignored =
                                                 write(wake_.get(), &one, sizeof one);
                                             static_cast<void>(ignored);
                                         }};
        if (call_.input.empty()) child_.input().close();
        while (true) {
            move();
            if (too_large_) return end_it(End::too_large);
            if (stop_.stop_requested()) return end_it(End::stopped);
            if (child_.has_ended()) break;
            wait();
        }
        // What it had said before it ended; others may hold the pipes open and go on for ever.
        move();
        return too_large_ ? End::too_large : End::by_itself;
    }
    const std::string& output() const { return output_; }
    const std::string& errors() const { return errors_; }

private:
    void move() {
        feed();
        take(child_.output(), output_);
        take(child_.errors(), errors_);
    }
    void feed() {
        Fd& input = child_.input();
        while (input) {
            const std::string_view rest = std::string_view{call_.input}.substr(fed_);
            const ssize_t count = rest.empty() ? 0 : write(input.get(), rest.data(), rest.size());
            if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
            // A program need not read all that it is given.
            if (count <= 0) return input.close();
            fed_ += static_cast<std::size_t>(count);
        }
    }
    void take(Fd& from, std::string& into) {
        std::array<char, 65'536> buffer;
        while (from && !too_large_) {
            const ssize_t count = read(from.get(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return;
            if (count <= 0) return from.close();
            into.append(buffer.data(), static_cast<std::size_t>(count));
            too_large_ = into.size() > call_.max_output.bytes;
        }
    }
    void wait() {
        std::array<pollfd, 4> watched{{{child_.input().get(), POLLOUT, 0},
                                       {child_.output().get(), POLLIN, 0},
                                       {child_.errors().get(), POLLIN, 0},
                                       {wake_.get(), POLLIN, 0}}};
        // Its end closes its outputs, as a rule; one that runs on without them is looked at.
        const bool is_silent = !child_.output() && !child_.errors();
        pause_ms_ = is_silent ? std::min(std::max(1, pause_ms_ * 2), 50) : 50;
        poll(watched.data(), watched.size(), pause_ms_);
        if (!is_silent) pause_ms_ = 0;
    }
    End end_it(End why) {
        child_.signal(SIGTERM);
        const auto until = SteadyClock::now() + term_patience;
        while (!child_.has_ended() && SteadyClock::now() < until)
            poll(nullptr, 0, 5);
        return why;  // the rest is killed with the ChildProcess
    }

    ChildProcess& child_;
    const engine::ProcessCall& call_;
    const std::stop_token& stop_;
    Fd wake_;
    std::string output_;
    std::string errors_;
    std::size_t fed_ = 0;
    int pause_ms_ = 0;
    bool too_large_ = false;
};

core::Failure not_allowed(const std::string& program) {
    return make_failure(core::ErrorClass::validation, "not_allowed",
                        "\"" + program +
                            "\" may not be run; the operator allows a program with "
                            "--allow-command PROGRAM");
}

std::vector<std::string> environment_of(const engine::ProcessCall& call,
                                        const AttemptFacts& facts) {
    std::vector<std::string> made{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                                  "MILLRACE_IDEMPOTENCY_KEY=" + facts.idempotency_key};
    for (const auto& [name, value] : call.environment) {
        std::erase_if(made, [&name](const std::string& known) {
            return known.starts_with(name) && known.substr(name.size()).starts_with('=');
        });
        made.push_back(name + "=" + value);
    }
    return made;
}

/// The end of an output for people.
Value excerpt(std::string_view text) {
    if (text.size() > excerpt_bytes_max) text.remove_prefix(text.size() - excerpt_bytes_max);
    return core::replace_invalid_utf8(text);
}

std::unexpected<core::Failure> bad_end(std::string_view code, std::string message, Value status,
                                       const Conversation& said) {
    core::Failure failure = make_failure(core::ErrorClass::script, code, std::move(message));
    failure.details = Value::object({{"status", std::move(status)},
                                     {"stdout", excerpt(said.output())},
                                     {"stderr", excerpt(said.errors())}});
    return std::unexpected{std::move(failure)};
}

Result output_of(const engine::ProcessCall& call, int status, const Conversation& said) {
    using Form = engine::FileCall::Form;
    Form form = Form::text;
    if (call.reading == engine::BodyReading::json) form = Form::json;
    if (call.reading == engine::BodyReading::bytes) form = Form::bytes;
    auto output = read_form(said.output(), form, "the output of " + call.arguments.front());
    if (!output) return output;
    return Value::object({{"status", status},
                          {"stdout", *std::move(output)},
                          {"stderr", core::replace_invalid_utf8(said.errors())}});
}

Result judge(const engine::ProcessCall& call, ChildProcess::End end, const Conversation& said) {
    const std::string& program = call.arguments.front();
    if (!end.by_itself && end.number == 0) {
        return bad_end("command_lost",
                       "how " + program +
                           " ended is unknown: millrace was started with SIGCHLD ignored; start "
                           "it with the signal's default action",
                       {}, said);
    }
    if (!end.by_itself) {
        const char* const name = sigabbrev_np(end.number);
        return bad_end(
            "command_killed",
            program + " was ended by signal " +
                (name != nullptr ? "SIG" + std::string{name} : std::to_string(end.number)),
            {}, said);
    }
    if (std::ranges::find(call.success, end.number) != call.success.end()) {
        return output_of(call, end.number, said);
    }
    return bad_end("command_failed", program + " ended with status " + std::to_string(end.number),
                   end.number, said);
}

}  // namespace

Result perform_process(const engine::ProcessCall& call, const Surroundings& surroundings,
                       const AttemptFacts& facts) {
    const std::string& program = call.arguments.front();
    const std::optional<std::string> path = surroundings.programs->find(program);
    if (!path) return std::unexpected{not_allowed(program)};
    Fd folder;
    if (!call.folder.empty()) {
        auto place = surroundings.folders->find(call.folder, AllowedFolders::Need::read);
        if (!place) return std::unexpected{std::move(place.error())};
        auto opened = open_at(*place, O_RDONLY | O_DIRECTORY, "start in");
        if (!opened) return std::unexpected{std::move(opened.error())};
        folder = *std::move(opened);
    }
    auto child =
        ChildProcess::start({*path, call.arguments, environment_of(call, facts), folder.get()});
    if (!child) {
        core::Failure failure = file_failure(child.error(), "start", *path);
        failure.code = "cannot_start";
        return std::unexpected{std::move(failure)};
    }
    Conversation said{*child, call, facts.stop};
    const Conversation::End end = said.hold();
    if (facts.program != nullptr) *facts.program = child->use();
    switch (end) {
        case Conversation::End::by_itself: return judge(call, child->end(), said);
        case Conversation::End::stopped:
            return std::unexpected{make_failure(core::ErrorClass::canceled, "canceled",
                                                program + " was stopped before it ended")};
        case Conversation::End::too_large: break;
    }
    return std::unexpected{make_failure(
        core::ErrorClass::limit, "output_too_large",
        program + " put out more than " + core::to_text(call.max_output) + "; raise max_output")};
}

}  // namespace millrace::runtime
