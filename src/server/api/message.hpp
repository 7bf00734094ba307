// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

// A request and its answer, without the network: what routes see.

namespace millrace::server {

/// `other`: a method that no route has by name; its text is in the request.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view to_text(Method method);

/// Names and values in order; names compare without regard to the case of ASCII letters.
class Fields {
public:
    void add(std::string name, std::string value);
    /// In the place of all of this name.
    void set(std::string_view name, std::string value);
    /// The first of this name.
    const std::string* find(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// Who calls, as the access rules have found out.
struct Caller {
    std::string name = "anonymous";  ///< for logs and audits: `anonymous`, `token`
    std::string tenant = "default";
    std::string address;  ///< of the peer, or of the client that a trusted proxy names
};

struct Request {
    Method method = Method::get;
    std::string method_text;            ///< as it was sent
    std::string path;                   ///< percent-decoded segments joined by '/'; of the route
    std::string base;                   ///< what the public URL has before it: empty, or `/flows`
    std::vector<std::string> segments;  ///< percent-decoded, so that an id may hold a '/'
    std::vector<std::pair<std::string, std::string>> query;       ///< decoded, in order
    std::vector<std::pair<std::string, std::string>> parameters;  ///< of the route's pattern
    Fields headers;
    std::string body;
    core::Value json;  ///< the body, where the route has a schema for it; it fits that schema
    Caller caller;
    core::Time received_at;
    /// The same for all requests under one Idempotency-Key; none: there is no key.
    std::optional<core::Uuid> repeat_id;
    std::string id;  ///< names the request in logs and problems' `instance`

    /// Of the route's pattern; there is one.
    const std::string& parameter(std::string_view name) const;
    /// The first of this name in the query.
    const std::string* query_value(std::string_view name) const;
    std::string_view header(std::string_view name) const;  ///< empty when it is not there
};

/// Messages that follow one another while somebody listens: the body of an event stream or the
/// frames of a WebSocket. Used from one thread at a time.
class MessageSource {
public:
    virtual ~MessageSource() = default;
    struct Message {
        std::string text;    ///< JSON
        std::string cursor;  ///< names the place after it; empty: it has none
        std::string event;   ///< the kind, for an event stream; empty: `message`
    };
    struct Batch {
        std::vector<Message> messages;
        bool has_ended = false;  ///< nothing follows these
    };
    /// What there is, without waiting. When that is nothing, `wake` is called once, from any
    /// thread, as soon as there may be more.
    virtual Batch take(std::size_t bytes_max, std::function<void()> wake) = 0;
};

struct Response {
    int status = 200;
    Fields headers;
    std::string body;
    /// A stream of events instead of a body; ends with the connection.
    std::shared_ptr<MessageSource> stream;
    /// The log says already why it is an error, or need not say it.
    bool is_explained = false;
    /// Called once all of it was written to somebody who was still there, on the connections'
    /// thread; may be empty.
    std::function<void()> written;
    /// The body is JSON (or a stream of events) unless `Content-Type` says otherwise.
};

/// Takes the answer to one request, once, from any thread. Never called: the request is answered
/// with 500 when the last copy goes.
using Reply = std::function<void(Response)>;

}  // namespace millrace::server
