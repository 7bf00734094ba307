// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/http_client.hpp"

namespace millrace::server {
class Conformance;
}

namespace millrace::testing {

/// What a server says its answers look like, in `/api/v1/openapi.json`.
class ServedContract {
public:
    ServedContract();
    ~ServedContract();

    /// A failed test when `answer` is not what the server at `port` promises for `request`.
    void check(std::uint16_t port, const std::string& token, const HttpRequest& request,
               const HttpAnswer& answer);

private:
    /// Read when it is first needed; null when the server does not give it.
    const server::Conformance* conformance(std::uint16_t port, const std::string& token);

    std::shared_ptr<const server::Conformance> conformance_;
};

}  // namespace millrace::testing
