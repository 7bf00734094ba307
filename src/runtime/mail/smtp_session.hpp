// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "http/egress.hpp"
#include "millrace/core/failure.hpp"

namespace millrace::runtime {

struct SmtpServer {
    std::string url;   ///< `smtp://host:port` or `smtps://host:port`
    std::string host;  ///< lower case, without brackets
    std::string username;
    std::string password;
    bool verify_tls = true;

    /// Reads `host`, `host:port` and both kinds of URL; the error says what is wrong.
    static std::expected<SmtpServer, std::string> parse(std::string_view text);
};

struct SmtpLetter {
    std::string from;
    std::vector<std::string> recipients;
    std::string message;
};

/// Hands one letter over, on the calling thread. The server's last reply, or why it did not take
/// the letter, as `perform_mail` lists it.
std::expected<std::string, core::Failure> send_letter(const SmtpServer& server,
                                                      const SmtpLetter& letter,
                                                      const EgressPolicy& egress,
                                                      const std::stop_token& stop);

}  // namespace millrace::runtime
