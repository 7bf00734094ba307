// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/node_type.hpp"
#include "millrace/core/result.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {

enum class RegistryErrc { bad_descriptor, already_registered, not_registered };
std::string_view code_text(RegistryErrc code);

/// All node types that workflows may use, by name and version. Thread-safe. A definition that was
/// handed out stays as it is, whatever happens to the registry: running plans keep theirs.
class Registry final : public engine::NodeLibrary {
public:
    using Definition = std::shared_ptr<const engine::NodeDefinition>;

    /// Makes a type known. `bad_descriptor` names every mistake in it; its schemas are compiled
    /// here. Keys of a node's data that `data_schema` closes out (`additionalProperties: false`)
    /// are reported as `unknown_key` with the nearest known one.
    core::Result<> add(core::NodeType type, std::shared_ptr<const engine::NodeBehaviour> behaviour);
    /// Puts another definition in the place of one that is known under that name and version.
    core::Result<> update(core::NodeType type,
                          std::shared_ptr<const engine::NodeBehaviour> behaviour);
    /// False when it was not known.
    bool remove(std::string_view type, std::uint32_t version);
    /// A disabled type stays known, but no plan finds it.
    core::Result<> set_enabled(std::string_view type, std::uint32_t version, bool enabled);

    /// Enabled ones only, as plans see it.
    Definition find(std::string_view type, std::uint32_t version) const override;
    /// Of all types, sorted, disabled ones included.
    std::vector<std::string> names() const override;
    /// Digests and time zones of the `format` room.
    const expr::Host* host() const override;

    /// Also disabled ones; null when unknown.
    Definition get(std::string_view type, std::uint32_t version) const;
    /// The highest version; null when unknown.
    Definition latest(std::string_view type) const;
    bool has(std::string_view type, std::uint32_t version) const;
    /// Every version, ordered by name and version; of one category, or of all.
    std::vector<Definition> list(std::optional<core::NodeCategory> category = {}) const;
    /// Those that have types, in the order of the enumeration.
    std::vector<core::NodeCategory> categories() const;

private:
    using Versions = std::map<std::uint32_t, Definition>;

    const Definition* place_of(std::string_view type, std::uint32_t version) const;

    mutable std::shared_mutex mutex_;
    std::map<std::string, Versions, std::less<>> types_;  // guarded by mutex_
};

}  // namespace millrace::nodes
