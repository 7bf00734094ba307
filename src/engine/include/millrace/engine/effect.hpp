// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/size.hpp"
#include "millrace/core/value.hpp"

namespace millrace::engine {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// How a response body becomes a value.
enum class BodyReading : std::uint8_t { automatic, json, text, bytes };

/// One HTTP request to perform, redirects included.
struct HttpCall {
    std::string method = "GET";
    std::string url;
    HeaderList headers;
    std::string body;
    bool follow_redirects = true;
    bool verify_tls = true;
    BodyReading response = BodyReading::automatic;
    core::ByteSize max_response{16u << 20};
    bool fail_on_4xx = true;
    bool fail_on_5xx = true;
    /// Send the run's idempotency key; false where the caller gave a header of that name.
    bool send_idempotency_key = false;
};

/// What came back; header names in lower case.
struct HttpAnswer {
    std::int32_t status = 0;
    HeaderList headers;
    std::string body;
};

/// A call of a C++ function that the embedding program has registered with the runtime.
struct FunctionCall {
    std::string function;
    core::Value input;
};

class PureJob;

/// What the outside must do for a node. Closed: the runtime has a performer for each.
using EffectRequest = std::variant<HttpCall, FunctionCall, std::shared_ptr<const PureJob>>;

}  // namespace millrace::engine
