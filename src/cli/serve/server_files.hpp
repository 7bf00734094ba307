// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/open.hpp"

namespace millrace::cli {

/// Where a server of this store keeps what belongs to it beside the database: `NAME` in the data
/// folder, `PATH.NAME` for `sqlite:PATH`, and nowhere for `memory:`.
std::filesystem::path server_place(const store::OpenOptions& store, std::string_view name);

/// The token that callers show: 256 bits, as base64url in `file`, mode 0600. Made when there is
/// none. `FileErrc::unreadable` when others may read it or it is no such token.
core::Result<std::string> read_or_make_token(const std::filesystem::path& file);

/// Tells commands on this machine where the server is, for as long as it lives. Mode 0600.
class ServerFile {
public:
    ServerFile() = default;
    static core::Result<ServerFile> write(std::filesystem::path file, const std::string& url,
                                          core::Time started_at);
    ServerFile(ServerFile&& other) noexcept;
    ServerFile& operator=(ServerFile&& other) noexcept;
    ~ServerFile() { remove(); }

    void remove() noexcept;

private:
    explicit ServerFile(std::filesystem::path file) : file_{std::move(file)} {}

    std::filesystem::path file_;  // empty: none
};

}  // namespace millrace::cli
