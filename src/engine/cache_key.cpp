// SPDX-License-Identifier: Apache-2.0
#include "cache_key.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "millrace/core/binary.hpp"
#include "slots.hpp"

namespace millrace::engine {
namespace {

using core::BinaryWriter;

/// With members sorted by key, since equal objects may list them in another order.
core::Value sorted(const core::Value& value) {
    if (value.is_array()) {
        std::vector<core::Value> elements;
        elements.reserve(value.size());
        for (const core::Value& element : value.as_array())
            elements.push_back(sorted(element));
        return core::Value::array(std::move(elements));
    }
    if (!value.is_object()) return value;
    std::vector<core::Member> members;
    for (const core::Member& member : value.as_object())
        members.push_back({member.key, sorted(member.value)});
    std::ranges::sort(members, {}, &core::Member::key);
    return core::Value::object(std::move(members));
}

void write(BinaryWriter& out, const HeaderList& list) {
    out.varint(list.size());
    for (const auto& [name, value] : list) {
        out.text(name);
        out.text(value);
    }
}

void write(BinaryWriter& out, const std::vector<std::string>& list) {
    out.varint(list.size());
    for (const std::string& text : list)
        out.text(text);
}

void write(BinaryWriter& out, const HttpCall& call) {
    out.text(call.method);
    out.text(call.url);
    write(out, call.headers);
    out.text(call.body);
    out.boolean(call.follow_redirects);
    out.boolean(call.verify_tls);
    out.u8(static_cast<std::uint8_t>(call.response));
    out.varint(call.max_response.bytes);
    out.boolean(call.fail_on_4xx);
    out.boolean(call.fail_on_5xx);
}

void write(BinaryWriter& out, const FunctionCall& call) {
    out.text(call.function);
    out.value(sorted(call.input));
}

void write(BinaryWriter& out, const SqlCall& call) {
    out.text(call.database);
    out.varint(call.statements.size());
    for (const SqlStatement& statement : call.statements) {
        out.text(statement.text);
        out.value(sorted(statement.parameters));
        out.boolean(statement.for_each);
    }
    out.boolean(call.single);
    out.varint(call.max_rows);
}

void write(BinaryWriter& out, const std::vector<MailAddress>& list) {
    out.varint(list.size());
    for (const MailAddress& entry : list) {
        out.text(entry.name);
        out.text(entry.address);
    }
}

void write(BinaryWriter& out, const MailCall& call) {
    for (const std::string& text : std::array{call.server, call.subject, call.text, call.html})
        out.text(text);
    write(out, std::vector{call.from});
    for (const auto* list : std::array{&call.to, &call.cc, &call.bcc, &call.reply_to})
        write(out, *list);
    write(out, call.headers);
    for (const MailAttachment& attachment : call.attachments) {
        out.text(attachment.name);
        out.text(attachment.content_type);
        out.text(attachment.uri);
        out.text(attachment.content);
    }
}

void write(BinaryWriter& out, const FileCall& call) {
    out.u8(static_cast<std::uint8_t>(call.action));
    out.text(call.path);
    out.u8(static_cast<std::uint8_t>(call.form));
    out.value(sorted(call.contents));
    out.text(call.pattern);
    out.boolean(call.recursive);
    out.varint(call.max_entries);
}

void write(BinaryWriter& out, const ProcessCall& call) {
    write(out, call.arguments);
    write(out, call.environment);
    out.text(call.folder);
    out.text(call.input);
    out.u8(static_cast<std::uint8_t>(call.reading));
    out.varint(call.success.size());
    for (const std::int32_t status : call.success)
        out.zigzag(status);
}

void write(BinaryWriter& out, const SubworkflowCall& call) {
    out.text(call.workflow);
    out.varint(call.version);
    out.value(sorted(call.input));
    out.value(sorted(call.variables));
    out.boolean(call.waits);
}

/// A pure node that went to the pool keeps no results; its input alone would be large.
void write(BinaryWriter& /*out*/, const std::shared_ptr<const PureJob>& /*job*/) {}

/// The value of the node's own `key`.
std::expected<core::Value, core::Failure> own_key(Turn& turn, RunRef run,
                                                  const BoundExpression& key) {
    std::vector<expr::Operand> operands;
    read_slots(turn, key.slots, SlotOwner::of(run), operands);
    expr::Fuel fuel{turn.limits.expression_fuel};
    auto value = expr::evaluate(key.code, operands, fuel);
    if (!value) return std::unexpected{std::move(value.error())};
    return sorted(value->value);
}

}  // namespace

std::expected<std::optional<CacheRequest>, core::Failure> cache_request(
    Turn& turn, RunRef run, const EffectRequest& request, std::span<const SecretUse> secrets) {
    const PlanNode& node = turn.node(run.node);
    if (!node.cache) return std::nullopt;
    if (std::holds_alternative<SubworkflowCall>(request))
        return std::unexpected{validation_failure(
            "bad_cache", "an execution is no result that could be given again; remove `cache`")};
    const std::string& workflow = turn.plan().identity().workflow_id;
    std::string text;
    BinaryWriter out{text};
    out.text(node.definition->type.type);
    out.varint(node.definition->type.version);
    out.text(node.credential);
    // Who keeps results for a minute does not want one that another node has kept for a day.
    out.zigzag(node.cache->ttl.ms);
    if (node.cache->key) {
        auto value = own_key(turn, run, *node.cache->key);
        if (!value) return std::unexpected{std::move(value.error())};
        out.text(workflow);
        out.text(node.id);
        out.value(*value);
    } else {
        out.u8(static_cast<std::uint8_t>(request.index()));
        // The markers are other ones in each execution.
        EffectRequest named = request;
        name_secrets(named, secrets);
        std::visit([&](const auto& call) { write(out, call); }, named);
    }
    return CacheRequest{turn.digest(text), workflow, node.id, node.cache->tags, node.cache->ttl};
}

}  // namespace millrace::engine
