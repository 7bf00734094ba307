// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::server {

/// A socket to a server on loopback that sends exactly what a test says, right or wrong. Waits end
/// after `patience`.
class RawClient {
public:
    static constexpr std::chrono::milliseconds patience{10'000};

    /// `url` as HttpServer gives it. With `receive_bytes` the system buffers no more than about
    /// that for this client.
    explicit RawClient(std::string_view url, int receive_bytes = 0);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_open() const { return !is_ended_; }
    /// False when the server does not take it.
    bool send(std::string_view bytes);
    void finish_sending();

    struct Answer {
        int status = 0;  ///< 0: none came
        std::string head;
        std::string body;  ///< with Content-Length; else empty

        std::string header(std::string_view name) const;
    };
    Answer read_answer(bool has_body = true);
    /// Up to and with `end`; empty when that does not come.
    std::string read_until(std::string_view end);
    std::string read_bytes(std::size_t count);
    /// What comes until the server closes, or patience ends.
    std::string read_to_end();
    bool is_closed_by_server();

private:
    bool fill();

    int socket_ = -1;
    std::string input_;
    bool is_ended_ = false;
};

}  // namespace millrace::server
