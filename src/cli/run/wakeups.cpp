// SPDX-License-Identifier: Apache-2.0
#include "run/wakeups.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "millrace/core/check.hpp"

namespace millrace::cli {
namespace {

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH})
        sigaddset(&set, signal);
    return set;
}

}  // namespace

Bell::Bell() : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    MR_CHECK(descriptor_ >= 0);
}

Bell::~Bell() {
    ::close(descriptor_);
}

void Bell::ring() const noexcept {
    // Fails only when it has rung 2^64 times already.
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

void Bell::silence() const noexcept {
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t read = ::read(descriptor_, &rings, sizeof rings);
}

SignalInbox::SignalInbox() {
    const sigset_t set = watched_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    MR_CHECK(descriptor_ >= 0);
}

SignalInbox::~SignalInbox() {
    ::close(descriptor_);
    const sigset_t set = watched_signals();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
}

std::optional<Request> SignalInbox::wait(const Bell& bell, core::Duration at_most) const {
    std::array<pollfd, 2> watched{{{descriptor_, POLLIN, 0}, {bell.descriptor(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(at_most.ms)) <= 0)
        return std::nullopt;
    if (watched[1].revents != 0) bell.silence();
    signalfd_siginfo info{};
    if (::read(descriptor_, &info, sizeof info) != sizeof info) return std::nullopt;
    switch (info.ssi_signo) {
        case SIGINT: return Request::interrupt;
        case SIGTERM: return Request::terminate;
        case SIGHUP: return Request::hang_up;
        default: return std::nullopt;
    }
}

}  // namespace millrace::cli
