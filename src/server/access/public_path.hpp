// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/message.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

/// The path of the public URL: `/flows` of `https://example.com/flows`. Proxies take it off, or do
/// not; requests are understood either way. Immutable.
class PublicPath {
public:
    PublicPath() = default;
    /// `bad_option` where the path would hide one of the server's own.
    static core::Result<PublicPath> of(std::string_view public_url);

    /// Takes it off the path of the request, and notes it as the request's `base`.
    void take_off(Request& request) const;
    /// Empty, or `/flows`.
    const std::string& text() const { return text_; }

private:
    std::vector<std::string> segments_;
    std::string text_;
};

}  // namespace millrace::server
