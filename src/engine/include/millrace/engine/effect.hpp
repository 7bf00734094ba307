// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/size.hpp"
#include "millrace/core/time.hpp"
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

/// One statement for a database, with its parameters.
struct SqlStatement {
    std::string text;
    core::Value parameters;  ///< array by position, object by name, or null
    /// `parameters` is an array of such sets; the statement runs once with each of them.
    bool for_each = false;
};

/// Statements for one SQLite database file, in their order.
struct SqlCall {
    std::string database;  ///< path of the file
    std::vector<SqlStatement> statements;
    bool single = false;      ///< the output is the result of the only statement, not a list
    bool transaction = true;  ///< all or none
    bool read_only = false;
    bool create = false;  ///< make the file when there is none
    /// Remember the run's idempotency key in the same transaction: a repeated attempt gives the
    /// result of the first one again instead of writing twice.
    bool once = true;
    std::uint32_t max_rows = 10'000;  ///< of all statements together
};

struct MailAddress {
    std::string name;  ///< shown to people; may be empty
    std::string address;
};

struct MailAttachment {
    std::string name;
    std::string content_type;
    std::string uri;      ///< of a file in an allowed folder; or else:
    std::string content;  ///< the bytes themselves
};

/// A mail to hand over to an SMTP server.
struct MailCall {
    std::string server;  ///< `smtp://host:port` or `smtps://…`; empty: the credential's
    MailAddress from;
    std::vector<MailAddress> to;
    std::vector<MailAddress> cc;
    std::vector<MailAddress> bcc;
    std::vector<MailAddress> reply_to;
    std::string subject;
    std::string text;
    std::string html;
    HeaderList headers;
    std::vector<MailAttachment> attachments;
    bool verify_tls = true;
};

/// What to do with a file in one of the allowed folders.
struct FileCall {
    enum class Action : std::uint8_t { read, write, append, list, remove };
    /// How contents and values correspond. `automatic`, for writing only: bytes and text as they
    /// are, anything else as JSON.
    enum class Form : std::uint8_t { automatic, text, bytes, json, lines, json_lines };
    Action action = Action::read;
    std::string path;
    Form form = Form::text;
    core::Value contents;  ///< to write or append
    std::string pattern;   ///< list: names with `*` and `?`; empty: all
    bool recursive = false;
    bool create_folders = false;
    bool overwrite = true;
    core::ByteSize max_size{64u << 20};
    std::uint32_t max_entries = 10'000;  ///< list
};

/// A program to run; only where the operator has allowed it.
struct ProcessCall {
    std::vector<std::string> arguments;  ///< the program first; no shell is involved
    HeaderList environment;
    std::string folder;  ///< an allowed one to run in; empty: that of the process
    std::string input;
    core::ByteSize max_output{1u << 20};  ///< of each of its two outputs
    BodyReading reading = BodyReading::text;
    std::vector<std::int32_t> success{0};  ///< exit statuses that are no failures
};

/// A call of a C++ function that the embedding program has registered with the runtime.
struct FunctionCall {
    std::string function;
    core::Value input;
};

/// Another workflow to start.
struct SubworkflowCall {
    std::string workflow;
    std::uint32_t version = 0;  ///< 0: the active one, else the head
    core::Value input;
    core::Value variables;  ///< object, or null
    core::Value labels;     ///< object, or null
    bool waits = true;      ///< for its end, and puts its outputs out
    bool abandons = false;  ///< it goes on when the run that started it is canceled

    // What the execution passes on; the engine fills it in.
    std::uint32_t depth = 1;  ///< of the child: 1 below an execution that nobody has started
    bool mock_external = false;
    std::optional<std::int32_t> priority;
};

class PureJob;

/// What the outside must do for a node. Closed: the runtime has a performer for each.
using EffectRequest = std::variant<HttpCall, FunctionCall, std::shared_ptr<const PureJob>, SqlCall,
                                   MailCall, FileCall, ProcessCall, SubworkflowCall>;

/// `Completion::executor` of a result that was kept from an earlier call.
inline constexpr std::string_view cached_executor = "cache";

/// A result that may be given again instead of performing the effect, and is kept when it is.
struct CacheRequest {
    std::string key;  ///< digest of tenant, node type and what the node is given
    std::string workflow_id;
    std::string node_id;
    std::vector<std::string> tags;
    core::Duration ttl{0};
};

}  // namespace millrace::engine
