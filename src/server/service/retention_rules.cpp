// SPDX-License-Identifier: Apache-2.0
#include "service/retention_rules.hpp"

#include <optional>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/store/library.hpp"

namespace millrace::server {
namespace {

/// Documents were checked when they were saved; what cannot be read says nothing.
std::optional<core::WorkflowRetention> rule_in(const std::string& document) {
    const auto value = core::parse_json(document);
    const core::Value* const settings = value ? value->find("settings") : nullptr;
    const core::Value* const said = settings != nullptr ? settings->find("retention") : nullptr;
    if (said == nullptr || !said->is_object()) return std::nullopt;
    core::WorkflowRetention rule;
    const core::Value* const age = said->find("max_age");
    if (age != nullptr && age->is_string()) {
        if (const auto duration = core::parse_duration(age->as_string())) rule.max_age = *duration;
    }
    const core::Value* const count = said->find("max_count");
    if (count != nullptr && count->is_integer() && count->as_integer() > 0)
        rule.max_count = static_cast<std::uint32_t>(count->as_integer());
    return rule;
}

}  // namespace

core::Result<> RetentionRules::read(store::Store& store) {
    constexpr std::size_t page_size = 500;
    std::map<std::string, std::uint32_t> versions;
    std::map<std::string, core::WorkflowRetention> rules;
    std::string cursor;
    do {
        const auto page = store.library().list({}, page_size, cursor);
        if (!page) return std::unexpected(page.error());
        for (const store::WorkflowEntry& entry : page->items) {
            const std::uint32_t number = entry.active.value_or(entry.head);
            versions[entry.id] = number;
            const auto read = versions_.find(entry.id);
            if (read != versions_.end() && read->second == number) {
                const auto known = rules_.find(entry.id);
                if (known != rules_.end()) rules.insert(*known);
                continue;
            }
            const auto version = store.version(entry.id, number);
            if (!version) return std::unexpected(version.error());
            if (auto rule = rule_in(version->document)) rules[entry.id] = *rule;
        }
        cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    versions_ = std::move(versions);
    rules_ = std::move(rules);
    return {};
}

std::vector<std::string> RetentionRules::with_age() const {
    std::vector<std::string> ids;
    for (const auto& [id, rule] : rules_)
        if (rule.max_age) ids.push_back(id);
    return ids;
}

std::vector<std::string> RetentionRules::with_count() const {
    std::vector<std::string> ids;
    for (const auto& [id, rule] : rules_)
        if (rule.max_count) ids.push_back(id);
    return ids;
}

}  // namespace millrace::server
