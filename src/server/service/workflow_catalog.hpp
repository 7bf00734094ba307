// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/result.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::server {

/// Which version of a workflow is meant by a caller who starts it.
struct VersionChoice {
    enum class Kind : std::uint8_t {
        usual,   ///< the active one, else the head
        head,    ///< the one that is edited
        number,  ///< `number`
    };
    Kind kind = Kind::usual;
    std::uint32_t number = 0;
};

/// Plans of the versions that workflows usually run, so that a start reads nothing. Whoever changes
/// the head or the active version of a workflow, or removes it, says so by `forget` once that is
/// durable, before the caller is answered. Thread-safe.
class WorkflowCatalog {
public:
    /// Workflows that are remembered; their plans stay in memory.
    static constexpr std::size_t workflows_max = 1'024;

    /// `runtime` outlives the catalog.
    explicit WorkflowCatalog(runtime::Runtime& runtime) : runtime_{runtime} {}

    /// Lets `told` hear of each workflow that is forgotten, on the thread that says so and before
    /// that goes on; an empty id: of all. To be set before the catalog is used.
    void when_forgotten(std::function<void(const std::string& workflow_id)> told) {
        told_ = std::move(told);
    }

    /// What a start without a wish for a version runs, when that is known; else null. Never blocks
    /// for long.
    std::shared_ptr<const engine::Plan> known(std::string_view workflow_id) const;
    /// Reads and compiles where that must be. The store's `not_found` when there is no such
    /// workflow or version; the runtime's `bad_workflow` when it does not compile any more.
    core::Result<std::shared_ptr<const engine::Plan>> load(const std::string& workflow_id,
                                                           const VersionChoice& choice = {});

    void forget(const std::string& workflow_id);
    void forget_all();

private:
    core::Result<std::uint32_t> number_of(const std::string& workflow_id,
                                          const VersionChoice& choice) const;

    runtime::Runtime& runtime_;
    std::function<void(const std::string&)> told_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const engine::Plan>, std::less<>> plans_;
    /// What was read before something was forgotten is not remembered.
    std::uint64_t changes_ = 0;
};

}  // namespace millrace::server
