// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

// The numbers are stored; never renumber.
enum class SecretKind : std::uint8_t { secret = 0, credential = 1 };

/// A secret as it is kept: the store never sees what is in `sealed`.
struct SealedSecret {
    SecretKind kind = SecretKind::secret;
    std::string name;
    std::string type;    ///< of a credential, such as `http.basic`; else empty
    std::string key_id;  ///< of the key that `sealed` was made with
    std::string sealed;  ///< nonce and ciphertext
    core::Time created_at;
    core::Time updated_at;
};

/// Secrets and credentials, each kind by name. Part of a Store and used like it.
class Secrets {
public:
    virtual ~Secrets() = default;

    /// All of one kind, or of both, in order of kind and name.
    virtual core::Result<std::vector<SealedSecret>> list(std::optional<SecretKind> kind) = 0;
    virtual core::Result<SealedSecret> find(SecretKind kind, const std::string& name) = 0;

    /// Durable when they return. Putting again keeps `created_at`.
    virtual core::Result<> put(const SealedSecret& secret) = 0;
    virtual core::Result<> remove(SecretKind kind, const std::string& name) = 0;
    /// All secrets become these, in one transaction; a `conflict` when there are others by now.
    virtual core::Result<> replace_all(std::span<const SealedSecret> secrets) = 0;
};

}  // namespace millrace::store
