// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/store.hpp"

namespace millrace::cli {

/// Where the key of a store's secrets lies when nobody says otherwise: `key` in the data folder,
/// `PATH.key` for `sqlite:PATH`, and nowhere for `memory:`.
std::filesystem::path key_file_of(const store::OpenOptions& options);
/// The key of links in the same way: `link-key`, or `PATH.link-key`.
std::filesystem::path link_key_file_of(const store::OpenOptions& options);
/// The key of the secrets of the chosen store, unless `$MILLRACE_KEY_FILE` names another file.
std::filesystem::path chosen_key_file(const Context& context);

/// The chosen store, owned, and its vault.
struct OwnedVault {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<runtime::Vault> vault;  // uses the store
};
core::Result<OwnedVault> open_vault(const Context& context);

/// All of standard input as one value, without the line feed that ends it. Typed at a terminal it
/// is one line, which is not shown. `FileErrc::bad_argument` when there is nothing.
core::Result<std::string> read_secret(const Console& console, std::string_view what);

}  // namespace millrace::cli
