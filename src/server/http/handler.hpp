// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/message.hpp"

namespace millrace::server {

/// Answers requests that have passed the limits and the access rules. The connections' thread calls
/// it, and nothing that blocks may happen in a call.
///
/// What it can rely on in a request: `path` begins with '/', `segments` are what stands between the
/// slashes after the first one (of `/`: none; of `/a/`: `a` and an empty one), all text is UTF-8
/// without control characters, the headers hold no line ends, and the body is whole and within its
/// limit. `json` and `parameters` are the handler's own to fill.
class RequestHandler {
public:
    virtual ~RequestHandler() = default;

    /// Gives the answer to `reply`, now or later, from any thread. An answer with a `stream` is
    /// written as an event stream, or, when the request was an upgrade, as a WebSocket's frames;
    /// any other answer to an upgrade refuses it. The server adds Date, X-Request-Id, the headers
    /// for safety, Content-Length and Content-Encoding; it leaves out the body for HEAD.
    virtual void handle(std::shared_ptr<Request> request, Reply reply) = 0;

    /// Whether the request, when it asks for a WebSocket, opens one. If not, `handle` answers it as
    /// if it had not asked.
    virtual bool is_websocket(const Request& request) const = 0;
};

}  // namespace millrace::server
