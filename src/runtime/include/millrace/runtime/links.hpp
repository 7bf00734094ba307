// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/run_key.hpp"

namespace millrace::runtime {

/// Where links lead to, and the key that they are made with.
struct LinkOptions {
    std::string public_url;          ///< where people reach the server; may have a path
    std::filesystem::path key_file;  ///< empty: a key that ends with the process
};

enum class LinkErrc {
    no_address,  ///< nobody has said where people reach a server
};
std::string_view code_text(LinkErrc code);

/// What a link is for: a run that waits, or is going to.
struct LinkTarget {
    core::ExecutionId id;
    engine::RunKey run;

    friend bool operator==(const LinkTarget&, const LinkTarget&) = default;
};

/// Links by which somebody outside answers a run that waits: `PUBLIC_URL/wait/TOKEN`. A token is 64
/// letters, digits, `-` and `_`: what it is for, and 160 bit of keyed BLAKE2b over that. The same
/// run has the same token for ever, so that a mail may be sent before the run waits, and nothing
/// but a hash of it has to be stored. Thread-safe.
class Links {
public:
    /// Reads the key if it is there; the errors are those of `VaultErrc`.
    static core::Result<std::unique_ptr<Links>> open(LinkOptions options);
    ~Links();
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;

    /// Makes the key with the first token that is asked for; an error when it cannot be stored.
    core::Result<std::string> token(core::ExecutionId id, const engine::RunKey& run);
    /// What the store keeps in the place of a token: 64 hexadecimal digits.
    static std::string hash(std::string_view token);
    core::Result<std::string> token_hash(core::ExecutionId id, const engine::RunKey& run);
    /// What a token is for; nothing unless it was made with this key.
    std::optional<LinkTarget> read(std::string_view token);

    /// `no_address` where no public URL is known.
    core::Result<std::string> url(std::string_view token) const;
    /// `PUBLIC_URL/path`; `path` is encoded as it has to be. `no_address` as above.
    core::Result<std::string> page(std::string_view path) const;
    core::Result<std::string> link(core::ExecutionId id, const engine::RunKey& run);
    /// A server that was not told its public URL takes the address at which it listens.
    void use_address(std::string_view url);

private:
    class Key;
    explicit Links(LinkOptions options);
    core::Result<const Key*> key();

    const std::filesystem::path key_file_;
    mutable std::mutex mutex_;  // guards what follows
    std::string public_url_;    // without a slash at its end
    std::unique_ptr<const Key> key_;
};

}  // namespace millrace::runtime
