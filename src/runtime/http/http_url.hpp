// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace millrace::runtime {

/// What a segment of a path may not hold as it is (RFC 3986, 3.3) as %XX.
std::string percent_encoded_segment(std::string_view text);

/// An absolute http or https URL as libcurl reads it, so that what is checked is what is called.
class HttpUrl {
public:
    /// The error says what is wrong and how to mend it. User names and passwords are refused.
    static std::expected<HttpUrl, std::string> parse(std::string_view text);
    /// Where `location`, absolute or relative, leads from here; more lenient about characters.
    std::expected<HttpUrl, std::string> resolve(std::string_view location) const;

    /// The same with one more parameter, which is encoded.
    std::expected<HttpUrl, std::string> with_parameter(std::string_view name,
                                                       std::string_view value) const;

    const std::string& text() const { return text_; }
    const std::string& scheme() const { return scheme_; }
    /// Lower case; an IPv6 address is without brackets.
    const std::string& host() const { return host_; }
    std::uint16_t port() const { return port_; }
    /// Scheme, host, port and path: what messages may show. A query can hold secrets.
    const std::string& display() const { return display_; }

    bool same_origin(const HttpUrl& other) const {
        return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
    }

private:
    HttpUrl() = default;
    class Handle;
    static std::expected<HttpUrl, std::string> from(Handle& handle);

    std::string text_;
    std::string scheme_;
    std::string host_;
    std::string display_;
    std::uint16_t port_ = 0;
};

}  // namespace millrace::runtime
