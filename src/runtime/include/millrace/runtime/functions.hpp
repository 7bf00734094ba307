// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/value.hpp"

namespace millrace::runtime {

/// What a called function may know about its call. Valid during the call only.
struct FunctionContext {
    core::ExecutionId execution;
    const std::string& node_id;
    std::uint32_t attempt = 1;
    /// The same over automatic attempts and restarts: hand it to peers that deduplicate by it.
    const std::string& idempotency_key;
    /// Set once the call no longer counts: its attempt timed out, its execution was canceled or the
    /// runtime stops. A function that may take long should look at it.
    std::stop_token stop;
};

/// Called on a pool thread, at least once per attempt that counts. An exception becomes a failure
/// of class `internal`.
using Function = std::function<std::expected<core::Value, core::Failure>(
    const core::Value& input, const FunctionContext& context)>;

/// The C++ functions that nodes of an embedding program may call, by name. Thread-safe; a call
/// that runs keeps its function alive.
class Functions {
public:
    /// Replaces a function of the same name.
    void add(std::string name, Function function);
    /// Null when there is none of this name.
    std::shared_ptr<const Function> find(std::string_view name) const;

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::shared_ptr<const Function>, std::less<>> by_name_;
};

}  // namespace millrace::runtime
