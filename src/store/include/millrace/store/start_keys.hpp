// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::store {

/// The name of something that starts one execution, however often it comes: the dedupe key or the
/// signature of a call, a form that is sent.
struct StartKey {
    enum class Fate : std::uint8_t {
        not_started,  ///< nobody has started the execution, as far as commits go
        there,
        removed,  ///< it was there, and retention or somebody has removed it
    };

    std::string name;               ///< opaque, of a bounded size: a digest
    core::ExecutionId execution;    ///< that it stands for
    core::Time until;               ///< after that the name means something new
    bool is_answered = false;       ///< whoever came with it was told what became of it
    Fate fate = Fate::not_started;  ///< told by `find`, and not written
};

/// What `StartKeys::change` works with.
class StartKeyTable {
public:
    virtual ~StartKeyTable() = default;

    virtual core::Result<std::optional<StartKey>> find(const std::string& name) = 0;
    /// In place of the one that has this name.
    virtual core::Result<> put(const StartKey& key) = 0;
};

/// Which execution each name stands for. Part of a Store and used like it. Removing an execution
/// notes so in its names, in the same transaction: none of them starts it a second time.
class StartKeys {
public:
    virtual ~StartKeys() = default;

    /// Lets `work` read and change in one transaction, durable unless it returns an error.
    using Work = std::function<core::Result<>(StartKeyTable&)>;
    virtual core::Result<> change(const Work& work) = 0;
    /// Forgets at most `limit` whose time is over at `now`; how many.
    virtual core::Result<std::uint64_t> forget_over(core::Time now, std::size_t limit) = 0;
};

}  // namespace millrace::store
