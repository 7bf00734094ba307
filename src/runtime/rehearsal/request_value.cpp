// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/runtime/rehearsal.hpp"

namespace millrace::runtime {
namespace {

using core::Value;

Value bytes_of(const std::string& text) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
    return Value::bytes({data, text.size()});
}

bool is_utf8(const std::string& text) {
    return Value{text}.as_string() == text;
}

/// JSON as the value that it says, other text as it is, all else as bytes.
Value content_of(const std::string& text) {
    if (text.empty()) return {};
    if (auto json = core::parse_json(text)) return std::move(*json);
    return is_utf8(text) ? Value{text} : bytes_of(text);
}

Value pairs_of(const engine::HeaderList& pairs) {
    core::ObjectBuilder object;
    for (const auto& [name, value] : pairs)
        object.set(name, value);
    return std::move(object).build();
}

Value list_of(const std::vector<std::string>& texts) {
    return Value::array({texts.begin(), texts.end()});
}

Value value_of(const engine::HttpCall& call) {
    return Value::object({{"method", call.method},
                          {"url", call.url},
                          {"headers", pairs_of(call.headers)},
                          {"body", content_of(call.body)}});
}

Value value_of(const engine::FunctionCall& call) {
    return Value::object({{"function", call.function}, {"input", call.input}});
}

/// Pure work never reaches the outside.
Value value_of(const std::shared_ptr<const engine::PureJob>&) {
    return {};
}

Value value_of(const engine::SqlCall& call) {
    std::vector<Value> statements;
    for (const engine::SqlStatement& statement : call.statements) {
        statements.push_back(
            Value::object({{"text", statement.text}, {"parameters", statement.parameters}}));
    }
    return Value::object({{"database", call.database},
                          {"statements", Value::array(std::move(statements))},
                          {"transaction", call.transaction}});
}

Value addresses_of(const std::vector<engine::MailAddress>& addresses) {
    std::vector<Value> texts;
    for (const engine::MailAddress& one : addresses)
        texts.emplace_back(one.address);
    return Value::array(std::move(texts));
}

Value value_of(const engine::MailCall& call) {
    core::ObjectBuilder object;
    object.set("server", call.server)
        .set("from", call.from.address)
        .set("to", addresses_of(call.to));
    if (!call.cc.empty()) object.set("cc", addresses_of(call.cc));
    if (!call.bcc.empty()) object.set("bcc", addresses_of(call.bcc));
    object.set("subject", call.subject).set("text", call.text);
    if (!call.html.empty()) object.set("html", call.html);
    std::vector<Value> names;
    for (const engine::MailAttachment& attachment : call.attachments)
        names.emplace_back(attachment.name);
    if (!names.empty()) object.set("attachments", Value::array(std::move(names)));
    return std::move(object).build();
}

Value value_of(const engine::FileCall& call) {
    using Action = engine::FileCall::Action;
    core::ObjectBuilder object;
    const char* action = "read";
    switch (call.action) {
        case Action::read: break;
        case Action::write: action = "write"; break;
        case Action::append: action = "append"; break;
        case Action::list: action = "list"; break;
        case Action::remove: action = "remove"; break;
    }
    object.set("action", action).set("path", call.path);
    if (!call.pattern.empty()) object.set("pattern", call.pattern);
    if (call.action == Action::write || call.action == Action::append)
        object.set("contents", call.contents);
    return std::move(object).build();
}

Value value_of(const engine::ProcessCall& call) {
    return Value::object({{"arguments", list_of(call.arguments)},
                          {"environment", pairs_of(call.environment)},
                          {"folder", call.folder},
                          {"input", content_of(call.input)}});
}

Value value_of(const engine::SubworkflowCall& call) {
    return Value::object({{"workflow", call.workflow},
                          {"version", call.version == 0 ? Value{} : Value{call.version}},
                          {"input", call.input},
                          {"wait", call.waits}});
}

}  // namespace

Value request_value(const engine::EffectRequest& request) {
    return std::visit([](const auto& call) { return value_of(call); }, request);
}

}  // namespace millrace::runtime
