// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/message.hpp"

// The bytes of answers, without a socket.

namespace millrace::server {

/// What an answer's head says beside what the handler has set.
struct HeadContext {
    std::string_view date;        ///< as HTTP writes it
    std::string_view request_id;  ///< empty: none is known
    int version = 11;             ///< of the request
    bool goes_on = true;          ///< the connection stays
    std::optional<std::size_t> length;
    bool is_chunked = false;
    bool is_gzip = false;
    bool varies_by_encoding = false;
};

/// Appends status line and headers. Line ends in a handler's headers become spaces: nobody makes
/// two answers of one.
void append_head(std::string& out, const Response& response, const HeadContext& context);

/// `Fri, 20 Nov 2026 21:40:00 GMT`.
std::string http_date(core::Time time);

/// Empty for a status that has no name.
std::string_view reason_phrase(int status);

/// Of 204, 205, 304 and what comes before an answer nobody reads one.
bool may_have_body(int status);

/// One message of an event stream.
void append_event(std::string& out, const MessageSource::Message& message);

/// Wraps what `out` holds from `begin` on as one chunk of a body.
void make_chunk(std::string& out, std::size_t begin);

/// A name for a request from its client, when it has the shape of one; else empty.
std::string_view usable_request_id(std::string_view text);

}  // namespace millrace::server
