// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "behaviours.hpp"
#include "crypto/digest.hpp"
#include "given_fields.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

class CryptoHash final : public GivenFields<CryptoHash> {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const Digest algorithm = fields.word("algorithm", digests, Digest::sha256);
        const Encoding encoding = fields.word("encoding", encodings, Encoding::hex);
        if (failure) return *failure;
        const Value& value = given_or_input(call, "value");
        const std::optional<std::string> bytes = bytes_of(value);
        if (!bytes) return not_bytes(name_of(call, "value"), value);
        const std::optional<std::string> made = digest(algorithm, *bytes);
        if (!made) return no_such_digest(fields.text("algorithm", "sha256"));
        return engine::Emit::out(encoded(*made, encoding));
    }
};

}  // namespace

Behaviour crypto_hash() {
    return std::make_shared<CryptoHash>();
}

}  // namespace millrace::nodes
