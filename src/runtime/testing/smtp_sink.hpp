// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "testing/http_server.hpp"

namespace millrace::runtime::testing {

struct ReceivedMail {
    std::string user;  ///< who had logged in; empty: nobody
    std::string from;
    std::vector<std::string> recipients;
    std::string content;  ///< headers and body, without the dots of the transfer

    /// The value of a header, unfolded; empty when there is none.
    std::string header(std::string_view name) const;
};

struct SmtpReply {
    std::string text;  ///< `451 try later`; empty: nothing is said
    bool close = false;
    std::shared_ptr<Gate> gate;  ///< nothing is sent before it opens

    static SmtpReply hang_up() { return {.text = {}, .close = true}; }
};

/// A mail server of RFC 5321 on a free port of 127.0.0.1 that keeps what it is given; PIPELINING,
/// AUTH PLAIN and LOGIN, any password. Whoever wants it otherwise gives a handler.
class SmtpSink {
public:
    /// Sees each line of a client, `(greeting)` before the first and `(content)` when a mail's text
    /// has come, and may answer instead. Called from several threads.
    using Handler = std::function<std::optional<SmtpReply>(std::string_view line)>;

    explicit SmtpSink(Handler handler = {});
    /// Opens every gate, cuts every connection and joins.
    ~SmtpSink();
    SmtpSink(const SmtpSink&) = delete;
    SmtpSink& operator=(const SmtpSink&) = delete;

    std::uint16_t port() const { return port_; }
    /// `smtp://127.0.0.1:PORT`.
    std::string url() const;

    /// All that were accepted so far.
    std::vector<ReceivedMail> mails() const;
    /// All lines of all clients, in the order they were read.
    std::vector<std::string> lines() const;
    /// Blocks until a line that begins so has been read.
    void wait_for_line(std::string_view beginning) const;

private:
    class Session;
    struct Connection {
        int socket = -1;
        std::thread thread;
    };

    void accept_all();
    void hold(const std::shared_ptr<Gate>& gate);

    Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable arrived_;
    std::vector<ReceivedMail> mails_;  // this and below: guarded by mutex_
    std::vector<std::string> lines_;
    std::vector<std::shared_ptr<Gate>> gates_;
    std::list<Connection> connections_;
    bool stopping_ = false;
    std::thread acceptor_;  // last: it uses all of the above
};

}  // namespace millrace::runtime::testing
