// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <utility>

namespace millrace::runtime {

/// An open file descriptor with one owner.
class Fd {
public:
    Fd() = default;
    explicit Fd(int number) : number_{number} {}
    Fd(Fd&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~Fd() { close(); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;

    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    /// Gives the ownership away.
    int release() { return std::exchange(number_, -1); }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

private:
    int number_ = -1;
};

}  // namespace millrace::runtime
