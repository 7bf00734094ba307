// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"

// What the data of a `trigger.webhook` means, for those who call it and those who check it.

namespace millrace::nodes {

/// A segment of a webhook's path, such as `orders` or `{id}`.
struct PathSegment {
    std::string text;  ///< as it is compared, or the parameter's name
    bool is_parameter = false;

    friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

/// `orders/{id}`; a slash at its beginning does not matter. The error says what is wrong and what
/// to write.
std::expected<std::vector<PathSegment>, std::string> parse_webhook_path(std::string_view path);

/// What a call is answered with.
enum class WebhookRespond : std::uint8_t {
    immediately,   ///< 202 once the execution is durable
    outputs,       ///< 200 with the outputs of the workflow
    respond_node,  ///< what `flow.respond` says
};
std::string_view to_text(WebhookRespond respond);

/// Who may call, by a stored credential.
enum class WebhookAuth : std::uint8_t { none, basic, bearer, api_key };
std::string_view to_text(WebhookAuth auth);
/// Of the credential that such a webhook names: `http.basic` and so on; empty for `none`.
std::string_view credential_type_of(WebhookAuth auth);

enum class WebhookErrc { bad_webhook };
std::string_view code_text(WebhookErrc code);

/// Over `item`, which is the call `{body, headers, query, params, method}`, and `inputs`, its body.
class WebhookExpression {
public:
    static core::Result<WebhookExpression> compile(std::string_view source);
    /// `call` is what the trigger will emit.
    std::expected<core::Value, core::Failure> evaluate(const core::Value& call) const;

private:
    explicit WebhookExpression(expr::Expression code) : code_{std::move(code)} {}
    expr::Expression code_;
};

struct WebhookDefinition {
    std::vector<PathSegment> path;
    std::vector<std::string> methods;  ///< in upper case; empty: any but HEAD and OPTIONS
    WebhookRespond respond = WebhookRespond::immediately;
    core::Duration respond_timeout{30'000};
    WebhookAuth auth = WebhookAuth::none;
    std::string credential;        ///< with an `auth`
    core::Value signature;         ///< as the data has it, with its scheme; null: none
    std::string signature_secret;  ///< name of the stored secret
    core::Value schema;            ///< of the body; null: any
    std::string dedupe_key;        ///< the expression's source; empty: none
    std::string provider;          ///< who calls; empty: nothing is said

    /// Whether it takes calls by this method, given in upper case.
    bool takes(std::string_view method) const;
};

/// Of data that fits the node type's schema.
core::Result<WebhookDefinition> read_webhook(const core::Value& data);

/// All that is wrong with the data of such a node. `pointer` is its place in the document.
void check_webhook(const core::Value& data, const std::string& pointer, core::Problems& problems);

/// `{body, headers, query, params, method}`.
core::Value webhook_call(core::Value body, core::Value headers, core::Value query,
                         core::Value params, std::string_view method);

}  // namespace millrace::nodes
