// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace millrace::store::testing {

enum class DiskFault : std::uint8_t {
    failing,  ///< opening, reading, writing and syncing fail; nothing of the call happens
    full,     ///< writing fails for want of space; all else works
    sync,     ///< syncing fails, but what was written is there
};

/// A layer below SQLite that passes everything on to the system's file layer until the n-th call
/// of a kind that its fault can hit. Register one per test; not for use by several threads.
class FaultVfs {
public:
    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    /// What a database is opened with.
    const std::string& name() const;

    /// Fails the n-th call from now on, and with `lasting` all that follow it.
    void fail_at(DiskFault fault, std::uint64_t call, bool lasting = false);
    void heal();
    /// Whether a call has failed since `fail_at`.
    bool has_failed() const;

    class State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace millrace::store::testing
