// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/registry.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "key_check.hpp"
#include "millrace/format/expression_host.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/nodes/descriptor.hpp"

namespace millrace::nodes {
namespace {

std::string versioned(std::string_view type, std::uint32_t version) {
    return std::string{type} + "@" + std::to_string(version);
}

void compile_port_schemas(const std::vector<core::PortDescriptor>& ports,
                          std::vector<std::string>& mistakes) {
    for (const core::PortDescriptor& port : ports) {
        if (port.schema.is_null()) continue;
        if (const auto compiled = format::compile_schema(port.schema); !compiled) {
            mistakes.emplace_back("the schema of port \"" + port.name +
                                  "\": " + compiled.error().message());
        }
    }
}

/// The definition with its schema compiled, or every mistake in one error.
core::Result<Registry::Definition> define(core::NodeType type,
                                          std::shared_ptr<const engine::NodeBehaviour> behaviour) {
    std::vector<std::string> mistakes = mistakes_of(type);
    if (behaviour == nullptr) mistakes.emplace_back("it has no behaviour");
    compile_port_schemas(type.inputs, mistakes);
    compile_port_schemas(type.outputs, mistakes);
    if (type.data_schema.is_object()) {
        const bool closed = is_closed(type.data_schema);
        auto compiled =
            format::compile_schema(closed ? opened(type.data_schema) : type.data_schema);
        if (compiled) {
            type.data_check = *std::move(compiled);
        } else {
            mistakes.emplace_back("data_schema: " + compiled.error().message());
        }
        if (closed && behaviour != nullptr) {
            behaviour = with_key_check(std::move(behaviour), type.data_schema);
        }
    }
    if (!mistakes.empty()) {
        std::string all = "node type \"" + versioned(type.type, type.version) + "\": ";
        for (const std::string& mistake : mistakes) {
            all += (&mistake == mistakes.data() ? "" : "; ") + mistake;
        }
        return core::fail(RegistryErrc::bad_descriptor, std::move(all));
    }
    return std::make_shared<engine::NodeDefinition>(std::move(type), std::move(behaviour));
}

std::unexpected<core::Error> not_registered(std::string_view type, std::uint32_t version) {
    return core::fail(RegistryErrc::not_registered,
                      "there is no node type " + versioned(type, version));
}

}  // namespace

std::string_view code_text(RegistryErrc code) {
    switch (code) {
        case RegistryErrc::bad_descriptor: return "bad_descriptor";
        case RegistryErrc::already_registered: return "already_registered";
        case RegistryErrc::not_registered: return "not_registered";
    }
    std::unreachable();
}

const Registry::Definition* Registry::place_of(std::string_view type, std::uint32_t version) const {
    const auto versions = types_.find(type);
    if (versions == types_.end()) return nullptr;
    const auto place = versions->second.find(version);
    return place == versions->second.end() ? nullptr : &place->second;
}

core::Result<> Registry::add(core::NodeType type,
                             std::shared_ptr<const engine::NodeBehaviour> behaviour) {
    core::Result<Definition> definition = define(std::move(type), std::move(behaviour));
    if (!definition) return std::unexpected{definition.error()};
    const core::NodeType& made = (*definition)->type;
    const std::unique_lock lock{mutex_};
    if (!types_[made.type].emplace(made.version, *definition).second) {
        return core::fail(RegistryErrc::already_registered,
                          "node type " + versioned(made.type, made.version) +
                              " is known already; register another version, or update it");
    }
    return {};
}

core::Result<> Registry::update(core::NodeType type,
                                std::shared_ptr<const engine::NodeBehaviour> behaviour) {
    core::Result<Definition> definition = define(std::move(type), std::move(behaviour));
    if (!definition) return std::unexpected{definition.error()};
    const core::NodeType& made = (*definition)->type;
    const std::unique_lock lock{mutex_};
    if (place_of(made.type, made.version) == nullptr) {
        return not_registered(made.type, made.version);
    }
    types_[made.type][made.version] = *definition;
    return {};
}

bool Registry::remove(std::string_view type, std::uint32_t version) {
    const std::unique_lock lock{mutex_};
    const auto versions = types_.find(type);
    if (versions == types_.end() || versions->second.erase(version) == 0) return false;
    if (versions->second.empty()) types_.erase(versions);
    return true;
}

core::Result<> Registry::set_enabled(std::string_view type, std::uint32_t version, bool enabled) {
    const std::unique_lock lock{mutex_};
    const Definition* known = place_of(type, version);
    if (known == nullptr) return not_registered(type, version);
    // Definitions are shared and never change: the new state is a new definition.
    auto changed = std::make_shared<engine::NodeDefinition>(**known);
    changed->type.enabled = enabled;
    types_.find(type)->second[version] = std::move(changed);
    return {};
}

Registry::Definition Registry::get(std::string_view type, std::uint32_t version) const {
    const std::shared_lock lock{mutex_};
    const Definition* known = place_of(type, version);
    return known == nullptr ? nullptr : *known;
}

Registry::Definition Registry::find(std::string_view type, std::uint32_t version) const {
    Definition known = get(type, version);
    return known != nullptr && known->type.enabled ? known : nullptr;
}

Registry::Definition Registry::latest(std::string_view type) const {
    const std::shared_lock lock{mutex_};
    const auto versions = types_.find(type);
    // A name is only there as long as it has a version.
    return versions == types_.end() ? nullptr : versions->second.rbegin()->second;
}

bool Registry::has(std::string_view type, std::uint32_t version) const {
    return get(type, version) != nullptr;
}

std::vector<std::string> Registry::names() const {
    const std::shared_lock lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, versions] : types_)
        names.push_back(name);
    return names;
}

std::vector<Registry::Definition> Registry::list(std::optional<core::NodeCategory> category) const {
    const std::shared_lock lock{mutex_};
    std::vector<Definition> found;
    for (const auto& [name, versions] : types_) {
        for (const auto& [version, definition] : versions) {
            if (!category || definition->type.category == *category) found.push_back(definition);
        }
    }
    return found;
}

std::vector<core::NodeCategory> Registry::categories() const {
    std::vector<core::NodeCategory> found;
    for (const Definition& definition : list())
        found.push_back(definition->type.category);
    std::ranges::sort(found);
    const auto repeated = std::ranges::unique(found);
    found.erase(repeated.begin(), repeated.end());
    return found;
}

const expr::Host* Registry::host() const {
    return &format::expression_host();
}

}  // namespace millrace::nodes
