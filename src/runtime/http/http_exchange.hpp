// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/egress.hpp"
#include "http/http_url.hpp"
#include "millrace/core/failure.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::runtime {

/// One request on the wire.
struct HttpRequest {
    std::string method;
    HttpUrl url;
    engine::HeaderList headers;
    std::string body;
    bool verify_tls = true;
};

/// What a credential adds to a request. It is for the origin that the call names and never follows
/// a redirect to another one.
struct HttpAuth {
    engine::HeaderList headers;  ///< instead of the call's own of the same names
    engine::HeaderList query;    ///< parameters
    /// Texts in the call that are for its origin too: a redirect to another one that would take
    /// one of them along is not followed.
    std::vector<std::string> secrets = {};
};

/// Why a transfer brought no response.
enum class TransferError : std::uint8_t {
    dns,
    connect,
    connect_timeout,
    tls,
    certificate,  ///< the peer's certificate is not trusted or is for another host
    reset,        ///< the connection ended before the response did
    idle,
    bad_response,  ///< what came is no HTTP
    egress,        ///< the policy denied the address
    internal,
};

/// One HTTP call with its redirects, without I/O: it is told what arrived and answers what to do
/// next. Follows at most ten redirects; each goes through the egress policy. When the origin
/// changes, headers that carry credentials are left behind. Methods change as in browsers.
class HttpExchange {
public:
    static constexpr std::size_t redirects_max = 10;
    static constexpr std::size_t header_bytes_max = 256u << 10;

    /// Perform `request()` next, or end with the answer or the failure.
    struct Send {};
    using Step = std::variant<Send, engine::HttpAnswer, core::Failure>;

    /// `policy` outlives the exchange.
    HttpExchange(engine::HttpCall call, std::string idempotency_key, const EgressPolicy& policy,
                 HttpAuth auth = {});

    Step begin();
    /// Valid once a step was `Send`.
    const HttpRequest& request() const { return *request_; }

    /// One line of the response's head, the status line included. False: give up, and call
    /// `failed` with any error.
    bool header_line(std::string_view line);
    /// A piece of the decoded body. False as above.
    bool body(std::string_view piece);
    /// The response is complete.
    Step finished();
    /// It will not be. `detail` is for people.
    Step failed(TransferError error, std::string_view detail);

    /// `POST http://host/path`, for messages.
    std::string what() const;

private:
    /// What is wrong with the call, or nothing.
    std::optional<core::Failure> mistake() const;
    bool is_redirect() const;
    Step redirect(const std::string& location);
    void change_method();
    void drop_credentials();
    bool holds_secret() const;
    void drop_auth();
    const std::string* response_header(std::string_view name) const;
    core::Failure bad(std::string_view code, const std::string& message) const;
    Step checked_send();

    engine::HttpCall call_;
    std::string idempotency_key_;
    const EgressPolicy& policy_;
    HttpAuth auth_;
    std::optional<HttpRequest> request_;
    engine::HttpAnswer answer_;
    std::size_t header_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::size_t redirects_ = 0;
    bool too_large_ = false;
};

/// Whether a header of this name, in any case, is only for the origin it was meant for.
bool carries_credentials(std::string_view header_name);

}  // namespace millrace::runtime
