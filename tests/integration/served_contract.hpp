// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "support/http_client.hpp"

namespace millrace::testing {

/// What a server says its answers look like.
class ServedContract {
public:
    /// A failed test when `answer` is not what the server at `port` promises for `request`.
    void check(std::uint16_t port, const std::string& token, const HttpRequest& request,
               const HttpAnswer& answer);
};

}  // namespace millrace::testing
