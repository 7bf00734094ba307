// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>

#include "behaviours.hpp"
#include "crypto/digest.hpp"
#include "field.hpp"
#include "given_fields.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

constexpr Word<bool> reactions[]{{"fail", true}, {"output", false}};

/// The bytes that a text in some encoding stands for.
std::optional<std::string> decoded(const Value& value, Encoding encoding) {
    const std::optional<std::string> text = bytes_of(value);
    if (!text || value.is_bytes()) return text;
    switch (encoding) {
        case Encoding::hex: return from_hex(*text);
        case Encoding::base64: return from_base64(*text);
        case Encoding::base64url: return from_base64url(*text);
        case Encoding::bytes: break;
    }
    return text;
}

class CryptoHmac final : public GivenFields<CryptoHmac> {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        if (data.find("on_mismatch") != nullptr && data.find("verify") == nullptr) {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "on_mismatch"),
                        "`on_mismatch` goes with `verify` only; remove it");
        }
        if (!fixed_text(data, "key")) return;
        add_problem(problems, core::ProblemCode::plain_secret, core::pointer_child(pointer, "key"),
                    "the key stands in the document for all to read; give it as a variable of the "
                    "deployment, such as {{ vars.signing_key }}");
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const Digest algorithm = fields.word("algorithm", digests, Digest::sha256);
        const Encoding encoding = fields.word("encoding", encodings, Encoding::hex);
        const Encoding key_encoding = fields.word("key_encoding", encodings, Encoding::bytes);
        const bool fails = fields.word("on_mismatch", reactions, true);
        const std::string prefix = fields.text("prefix");
        if (failure) return *failure;
        const std::expected<std::string, Failure> key = key_of(call, key_encoding);
        if (!key) return key.error();
        const Value& value = given_or_input(call, "value");
        const std::optional<std::string> bytes = bytes_of(value);
        if (!bytes) return not_bytes(name_of(call, "value"), value);
        const std::optional<std::string> code = hmac(algorithm, *key, *bytes);
        if (!code) return no_such_digest(fields.text("algorithm", "sha256"));
        if (const Value* const signature = given(call, "verify")) {
            return verify(*signature, prefix, *code, encoding, fails);
        }
        const Value made = encoded(*code, encoding);
        if (prefix.empty() || !made.is_string()) return engine::Emit::out(made);
        return engine::Emit::out(prefix + std::string{made.as_string()});
    }

private:
    /// Failures never show the key.
    static std::expected<std::string, Failure> key_of(const engine::NodeCall& call,
                                                      Encoding encoding) {
        constexpr std::size_t key_bytes_max = 1u << 16;
        std::optional<std::string> key = decoded(call.field("key"), encoding);
        if (key && !key->empty() && key->size() <= key_bytes_max) return *std::move(key);
        return std::unexpected{
            at_pointer(engine::validation_failure("bad_key",
                                                  "/key gives no key: it must be a text of up to "
                                                  "64 KiB that is not empty and as "
                                                  "`key_encoding` says"),
                       "/key")};
    }

    /// What was computed is not told: it would be a valid signature of data that someone sent.
    static engine::NodeOutcome verify(const Value& signature, std::string_view prefix,
                                      std::string_view code, Encoding encoding, bool fails) {
        std::optional<std::string> given = bytes_of(signature);
        if (given && signature.is_string()) {
            if (given->starts_with(prefix)) {
                given = decoded(Value{given->substr(prefix.size())}, encoding);
            } else {
                given = std::nullopt;
            }
        }
        const bool is_valid = given && equal_in_constant_time(*given, code);
        if (is_valid || !fails) return engine::Emit::out(Value::object({{"valid", is_valid}}));
        return at_pointer(
            engine::validation_failure("bad_signature",
                                       "the signature in /verify does not belong to the data and "
                                       "the key"),
            "/verify");
    }
};

}  // namespace

Behaviour crypto_hmac() {
    return std::make_shared<CryptoHmac>();
}

}  // namespace millrace::nodes
