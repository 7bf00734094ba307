// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/observer.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/feed.hpp"

namespace millrace::server {

/// What events are made of: the part of a runtime and its store that the hub needs. Thread-safe;
/// reading blocks. An interface, so that tests decide what is committed and who is told when.
class Journals {
public:
    virtual ~Journals() = default;

    virtual core::Result<engine::ExecutionRow> execution(core::ExecutionId id) = 0;
    /// Rows of its journal, but those that end at `after_seq` or before.
    virtual core::Result<std::vector<std::string>> rows(core::ExecutionId id,
                                                        std::uint64_t after_seq) = 0;
    virtual core::Result<std::shared_ptr<const engine::Plan>> plan(const std::string& workflow_id,
                                                                   std::uint32_t version) = 0;
    virtual core::Result<std::vector<store::FeedRow>> feed(store::FeedPosition after,
                                                           std::size_t limit) = 0;
    virtual core::Result<store::FeedPosition> feed_end() = 0;

    virtual void observe(std::shared_ptr<runtime::Observer> observer) = 0;
    virtual void unobserve(const std::shared_ptr<runtime::Observer>& observer) = 0;
};

/// Of `runtime`, which outlives it.
std::unique_ptr<Journals> journals_of(runtime::Runtime& runtime);

}  // namespace millrace::server
