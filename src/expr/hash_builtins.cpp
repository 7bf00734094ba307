// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "builtins.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/number_text.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/expr/json_path.hpp"
#include "utf16.hpp"

// $hash, $uuid and $jsonpath.
namespace millrace::expr {

namespace {

using Kind = Cell::Kind;

std::string hexadecimal(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text.append({digits[byte >> 4], digits[byte & 15]});
    }
    return text;
}

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes) {
    std::string text = core::base64(bytes);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.resize(std::min(text.find('='), text.size()));
    return text;
}

/// What is hashed: a text as UTF-8, bytes as they are.
std::optional<std::string> hashed_bytes(const Call& call) {
    const Cell cell = call.argument(0);
    if (cell.kind != Kind::string && cell.kind != Kind::bytes) {
        call.fail_type(
            "the first argument is a text or bytes; make a text of other values with "
            "JSON.stringify()");
        return std::nullopt;
    }
    if (cell.kind == Kind::bytes) {
        const std::span<const std::uint8_t> bytes = cell.value->as_bytes();
        if (!call.evaluator.charge(bytes.size() / 8)) return std::nullopt;
        return std::string{bytes.begin(), bytes.end()};
    }
    if (!call.evaluator.charge(cell.size / 8)) return std::nullopt;
    return replace_lone_surrogates(cell.text());
}

Cell unknown_algorithm(const Call& call, const Host& host, std::string_view name) {
    const auto names = host.digest_names();
    const std::string near = core::nearest(name, {names.begin(), names.end()});
    std::string all;
    for (const std::string_view known : names)
        all.append(all.empty() ? "" : ", ").append(known);
    return call.evaluator.fail(
        "bad_algorithm", core::ErrorClass::expression,
        "`" + call.evaluator.source_of(call.node) + "`: there is no `" + std::string{name} + "`; " +
            (near.empty() ? "there are " + all : "did you mean `" + near + "`?"));
}

Cell hash(Call& call) {
    const Host* const host = call.evaluator.program().host;
    if (host == nullptr) return call.fail_not_native("`$hash`");
    const auto bytes = hashed_bytes(call);
    if (!bytes) return Evaluator::failed();
    std::string_view algorithm = "sha256";
    if (call.argument(1).kind != Kind::undefined) {
        const auto given = call.text(1);
        if (!given) return Evaluator::failed();
        algorithm = *given;
    }
    std::string_view encoding = "hex";
    if (call.argument(2).kind != Kind::undefined) {
        const auto given = call.text(2);
        if (!given) return Evaluator::failed();
        encoding = *given;
    }
    const auto digest = host->digest(algorithm, *bytes);
    if (!digest) return unknown_algorithm(call, *host, algorithm);
    if (encoding == "hex") return call.evaluator.text_cell(hexadecimal(*digest));
    if (encoding == "base64") return call.evaluator.text_cell(core::base64(*digest));
    if (encoding == "base64url") return call.evaluator.text_cell(base64url(*digest));
    return call.evaluator.fail("bad_encoding", core::ErrorClass::expression,
                               "`" + call.evaluator.source_of(call.node) +
                                   "`: the encoding is `hex`, `base64` or `base64url`");
}

/// RFC 9562's version 8: 122 bits of a digest of what stands for the step and of the count of
/// the call, so that a retry or a replay makes the same ones again.
Cell uuid(Call& call) {
    const Host* const host = call.evaluator.program().host;
    if (host == nullptr) return call.fail_not_native("`$uuid`");
    const auto seed = call.text(0);
    if (!seed || !call.evaluator.charge(36)) return Evaluator::failed();
    const std::uint64_t count = call.evaluator.next_uuid();
    const auto digest =
        host->digest("sha256", "uuid/" + std::string{*seed} + "/" +
                                   core::number_text(static_cast<std::int64_t>(count)));
    if (!digest) return call.fail_not_native("`$uuid`");
    std::string bytes = digest->substr(0, 16);
    bytes[6] = static_cast<char>((static_cast<std::uint8_t>(bytes[6]) & 0x0F) | 0x80);
    bytes[8] = static_cast<char>((static_cast<std::uint8_t>(bytes[8]) & 0x3F) | 0x80);
    std::string text = hexadecimal(bytes);
    for (const std::size_t place : {20, 16, 12, 8})
        text.insert(place, 1, '-');
    return call.evaluator.text_cell(text);
}

Cell json_path(Call& call) {
    Evaluator& evaluator = call.evaluator;
    const auto value = evaluator.to_value(call.argument(0));
    if (!value) return Evaluator::failed();
    const auto source = call.text(1);
    if (!source || !evaluator.charge(source->size())) return Evaluator::failed();
    const auto path = JsonPath::parse(replace_lone_surrogates(*source));
    if (!path) {
        return evaluator.fail(
            "bad_path", core::ErrorClass::expression,
            "`" + evaluator.source_of(call.node) + "`: " + path.error().message());
    }
    auto selected = evaluator.select(*path, *value);
    if (!selected) return Evaluator::failed();
    ArrayMaker result{evaluator, selected->size()};
    for (core::Value& found : *selected)
        if (!result.push(evaluator.keep_value(std::move(found)))) return Evaluator::failed();
    return result.finish();
}

constexpr auto table = std::to_array<Builtin>({
    {"", "$hash", &hash, "data, algorithm?, encoding?"},
    {"", "$jsonpath", &json_path, "value, path"},
    {"", "$uuid", &uuid, ""},
});

}  // namespace

std::optional<std::vector<core::Value>> Evaluator::select(const JsonPath& path,
                                                          const core::Value& value) {
    auto selected = path.select(value, fuel_);
    if (selected) return *std::move(selected);
    failure_ = std::move(selected.error());
    return std::nullopt;
}

std::span<const Builtin> hash_builtins() {
    return table;
}

}  // namespace millrace::expr
