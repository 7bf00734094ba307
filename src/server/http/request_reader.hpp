// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

/// Makes one request of the bytes that come, within the limits, or says why there is none. Knows no
/// socket: whoever has bytes gives them.
class RequestReader : private boost::beast::http::basic_parser<true> {
public:
    enum class State : std::uint8_t {
        head,     ///< needs more of the request line and the headers
        body,     ///< the head is known, and needs more of the body
        done,     ///< the request is whole
        refused,  ///< see `refusal`; nothing more can be read from this connection
    };

    /// `limits` outlives the reader.
    RequestReader(const HttpLimits& limits, std::shared_ptr<Request> request);
    ~RequestReader() = default;
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Takes what it can from the front and says how much; the rest comes again, with more behind
    /// it. Stops once after the head, so that the access rules can have their word.
    std::size_t put(std::string_view bytes);
    State state() const { return state_; }

    const std::shared_ptr<Request>& request() const { return request_; }
    const Problem& refusal() const { return refusal_; }

    /// Whether anything of the request has come.
    bool has_begun() const { return got_some(); }
    /// 10 or 11.
    int version() const { return version_; }

    // Known after the head.

    /// Whether the client lets the connection go on.
    bool goes_on() const { return keep_alive(); }
    bool expects_continue() const { return expects_continue_; }
    /// Asks for the WebSocket protocol, rightly or wrongly.
    bool wants_websocket() const { return upgrade() && names_websocket_; }

private:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb method, Text method_text, Text target,
                         int version, Error& error) override;
    void on_response_impl(int status, Text reason, int version, Error& error) override;
    void on_field_impl(boost::beast::http::field field, Text name, Text value,
                       Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override;
    std::size_t on_body_impl(Text piece, Error& error) override;
    void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remaining, Text piece, Error& error) override;
    void on_finish_impl(Error& error) override;

    void refuse(std::string_view code, std::string detail, Error& error);
    void refuse_for(const Error& error, std::string_view rest);

    const HttpLimits& limits_;
    std::shared_ptr<Request> request_;
    State state_ = State::head;
    Problem refusal_;
    std::size_t header_bytes_ = 0;
    int version_ = 11;
    bool expects_continue_ = false;
    bool names_websocket_ = false;
    bool has_transfer_encoding_ = false;
    bool has_other_coding_ = false;  ///< a transfer coding that is not `chunked`
    std::uint32_t hosts_ = 0;
};

/// Whether `list`, a header's words between commas, has this one, without regard to case.
bool has_word(std::string_view list, std::string_view word);

}  // namespace millrace::server
