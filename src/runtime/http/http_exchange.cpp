// SPDX-License-Identifier: Apache-2.0
#include "http/http_exchange.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "failures.hpp"
#include "millrace/core/size.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view idempotency_header = "idempotency-key";

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// RFC 9110: the characters of methods and header names.
bool is_token(std::string_view text) {
    const auto fits = [](char c) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

bool is_header_value(std::string_view text) {
    const auto fits = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    };
    return std::all_of(text.begin(), text.end(), fits);
}

bool describes_body(std::string_view name) {
    return lower(name).starts_with("content-");
}

struct ErrorMeaning {
    core::ErrorClass error_class;
    std::string_view code;
    std::string_view text;
    bool recoverable;
};

ErrorMeaning meaning(TransferError error) {
    using enum core::ErrorClass;
    switch (error) {
        case TransferError::dns:
            return {connection, "dns_failure", "the host's name could not be resolved", true};
        case TransferError::connect:
            return {connection, "connect_failed", "no connection could be made", true};
        case TransferError::connect_timeout:
            return {timeout, "connect_timeout", "the connection took too long to make", true};
        case TransferError::tls:
            return {connection, "tls_failed", "the TLS handshake failed", true};
        case TransferError::certificate:
            return {connection, "tls_failed", "the server's certificate is not trusted", false};
        case TransferError::reset:
            return {connection, "connection_reset", "the connection ended too early", true};
        case TransferError::idle:
            return {timeout, "idle_timeout", "the server stopped sending", true};
        case TransferError::bad_response:
            return {connection, "bad_response", "the server's answer is no HTTP", true};
        case TransferError::egress:
            return {validation, "egress_denied", "the egress policy denies the address", false};
        case TransferError::internal:
            return {internal, "http_client", "the HTTP client failed", true};
    }
    std::unreachable();
}

}  // namespace

bool carries_credentials(std::string_view header_name) {
    const std::string name = lower(header_name);
    if (name == idempotency_header) return false;
    constexpr std::array<std::string_view, 13> parts = {
        "auth",      "cookie", "token", "secret", "passw", "credential", "session",
        "signature", "apikey", "jwt",   "hmac",   "-key",  "_key"};
    const auto has = [&name](std::string_view part) { return name.find(part) != name.npos; };
    // As words of their own these are too common to look for them everywhere.
    return std::any_of(parts.begin(), parts.end(), has) || name.starts_with("x-access") ||
           name.starts_with("x-sig");
}

HttpExchange::HttpExchange(engine::HttpCall call, std::string idempotency_key,
                           const EgressPolicy& policy, HttpAuth auth)
    : call_{std::move(call)},
      idempotency_key_{std::move(idempotency_key)},
      policy_{policy},
      auth_{std::move(auth)} {}

core::Failure HttpExchange::bad(std::string_view code, const std::string& message) const {
    return make_failure(core::ErrorClass::validation, code, message, false);
}

std::string HttpExchange::what() const {
    if (!request_) return call_.method;
    return request_->method + " " + request_->url.display();
}

std::optional<core::Failure> HttpExchange::mistake() const {
    if (!is_token(call_.method)) return bad("bad_method", "the HTTP method is no word");
    for (const auto* headers : {&call_.headers, &auth_.headers}) {
        for (const auto& [name, value] : *headers) {
            if (!is_token(name)) return bad("bad_header", "a header's name is not valid: " + name);
            if (!is_header_value(value)) {
                return bad("bad_header", "the value of header " + name + " has control characters");
            }
        }
    }
    return std::nullopt;
}

HttpExchange::Step HttpExchange::begin() {
    if (std::optional<core::Failure> wrong = mistake()) return *std::move(wrong);
    std::expected<HttpUrl, std::string> url = HttpUrl::parse(call_.url);
    for (const auto& [name, value] : auth_.query)
        url = url ? url->with_parameter(name, value) : std::move(url);
    if (!url) return bad("bad_url", "the URL cannot be called: " + url.error());
    request_ = HttpRequest{.method = call_.method,
                           .url = *std::move(url),
                           .headers = std::move(call_.headers),
                           .body = std::move(call_.body),
                           .verify_tls = call_.verify_tls};
    if (call_.send_idempotency_key && !idempotency_key_.empty()) {
        request_->headers.emplace_back("Idempotency-Key", idempotency_key_);
    }
    drop_auth();
    request_->headers.insert(request_->headers.end(), auth_.headers.begin(), auth_.headers.end());
    return checked_send();
}

void HttpExchange::drop_auth() {
    for (const auto& [name, value] : auth_.headers) {
        const std::string secret = lower(name);
        std::erase_if(request_->headers,
                      [&secret](const auto& header) { return lower(header.first) == secret; });
    }
}

HttpExchange::Step HttpExchange::checked_send() {
    if (const auto denial = policy_.host_denial(request_->url.host())) {
        return bad("egress_denied", what() + " is not allowed: " + *denial);
    }
    return Send{};
}

bool HttpExchange::header_line(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > header_bytes_max) {
        too_large_ = true;
        return false;
    }
    line = trim(line);
    if (line.starts_with("HTTP/")) {
        // A new head: what came before was an interim 1xx response.
        answer_ = {};
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) return false;
        const std::string_view status = line.substr(space + 1);
        const auto parsed =
            std::from_chars(status.data(), status.data() + status.size(), answer_.status);
        return parsed.ec == std::errc{};
    }
    const std::size_t colon = line.find(':');
    if (line.empty() || colon == std::string_view::npos) return true;
    answer_.headers.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
    return true;
}

bool HttpExchange::body(std::string_view piece) {
    body_bytes_ += piece.size();
    if (body_bytes_ > call_.max_response.bytes) {
        too_large_ = true;
        return false;
    }
    // What a redirect says to people is of no use here.
    if (!is_redirect()) answer_.body.append(piece);
    return true;
}

const std::string* HttpExchange::response_header(std::string_view name) const {
    for (const auto& [key, value] : answer_.headers) {
        if (key == name) return &value;
    }
    return nullptr;
}

bool HttpExchange::is_redirect() const {
    constexpr std::array<std::int32_t, 5> statuses = {301, 302, 303, 307, 308};
    return call_.follow_redirects && response_header("location") != nullptr &&
           std::find(statuses.begin(), statuses.end(), answer_.status) != statuses.end();
}

HttpExchange::Step HttpExchange::finished() {
    if (is_redirect()) return redirect(*response_header("location"));
    return std::move(answer_);
}

HttpExchange::Step HttpExchange::redirect(const std::string& location) {
    if (redirects_ == redirects_max) {
        return make_failure(
            core::ErrorClass::limit, "too_many_redirects",
            what() + " leads on after " + std::to_string(redirects_max) + " redirects", false);
    }
    ++redirects_;
    std::expected<HttpUrl, std::string> next = request_->url.resolve(location);
    if (!next) {
        return bad("bad_url",
                   what() + " redirects to a URL that cannot be called: " + next.error());
    }
    change_method();
    if (!next->same_origin(request_->url)) {
        drop_credentials();
        if (holds_secret()) {
            return bad("redirect_refused",
                       what() +
                           " redirects to another origin, which must not get the secrets of "
                           "the request; call that address, or set follow_redirects: false");
        }
    }
    request_->url = *std::move(next);
    answer_ = {};
    header_bytes_ = 0;
    body_bytes_ = 0;
    return checked_send();
}

void HttpExchange::change_method() {
    const std::int32_t status = answer_.status;
    const std::string& method = request_->method;
    const bool other_read = status == 303 && method != "GET" && method != "HEAD";
    const bool post_moved = (status == 301 || status == 302) && method == "POST";
    if (!other_read && !post_moved) return;
    request_->method = "GET";
    request_->body.clear();
    std::erase_if(request_->headers, [](const auto& header) {
        return describes_body(header.first) || lower(header.first) == idempotency_header;
    });
}

void HttpExchange::drop_credentials() {
    std::erase_if(request_->headers, [](const auto& header) {
        return carries_credentials(header.first) || lower(header.first) == "host";
    });
    drop_auth();
}

bool HttpExchange::holds_secret() const {
    return std::ranges::any_of(auth_.secrets, [&](const std::string& secret) {
        return request_->body.contains(secret) ||
               std::ranges::any_of(request_->headers, [&](const auto& header) {
                   return header.second.contains(secret);
               });
    });
}

HttpExchange::Step HttpExchange::failed(TransferError error, std::string_view detail) {
    if (too_large_ && header_bytes_ > header_bytes_max) {
        return make_failure(core::ErrorClass::limit, "response_too_large",
                            what() + " answered with more than " +
                                core::to_text(core::ByteSize{header_bytes_max}) + " of headers",
                            false);
    }
    if (too_large_) {
        return make_failure(core::ErrorClass::limit, "response_too_large",
                            what() + " answered with more than " +
                                core::to_text(call_.max_response) + "; raise max_response",
                            false);
    }
    const ErrorMeaning known = meaning(error);
    std::string message = what() + ": " + std::string{known.text};
    if (!detail.empty()) message.append(" (").append(detail).append(")");
    return make_failure(known.error_class, known.code, std::move(message), known.recoverable);
}

}  // namespace millrace::runtime
