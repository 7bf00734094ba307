// SPDX-License-Identifier: Apache-2.0
#include "pages/form_index.hpp"

#include <utility>

namespace millrace::server {

void FormIndex::follow(const TriggerTable& triggers) {
    TriggerTable::Snapshot now = triggers.of_type("trigger.form");
    if (now == seen_) return;
    std::map<std::string, Entry, std::less<>> by_path;
    for (const TriggerPtr& trigger : *now) {
        const core::Value* const path = trigger->data.find("path");
        if (path == nullptr || !path->is_string()) continue;
        const auto known = by_path_.find(path->as_string());
        const bool is_same = known != by_path_.end() && known->second.trigger == trigger;
        // Of two that were stored before conflicts were refused the first one stays.
        by_path.try_emplace(std::string{path->as_string()},
                            is_same ? known->second : Entry{trigger, nullptr});
    }
    by_path_ = std::move(by_path);
    seen_ = std::move(now);
}

std::shared_ptr<const OpenForm> FormIndex::find(const TriggerTable& triggers,
                                                std::string_view path) {
    const std::scoped_lock lock{mutex_};
    follow(triggers);
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return nullptr;
    Entry& entry = found->second;
    if (!entry.form) {
        const core::Value* const fields = entry.trigger->data.find("fields");
        auto form = make_form(fields == nullptr ? core::Value{} : *fields);
        if (!form) return nullptr;
        entry.form = std::make_shared<const OpenForm>(entry.trigger, *std::move(form));
    }
    return entry.form;
}

}  // namespace millrace::server
