// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "pages/form_values.hpp"
#include "triggers/trigger_table.hpp"

namespace millrace::server {

/// A form that is open: the trigger that shows it, ready to be used.
struct OpenForm {
    TriggerPtr trigger;
    Form form;
};

/// Which form is at which path. Follows the table of triggers: a look-up costs one search, and a
/// form is read when it is first asked for. Thread-safe.
class FormIndex {
public:
    /// Null: there is none.
    std::shared_ptr<const OpenForm> find(const TriggerTable& triggers, std::string_view path);

private:
    struct Entry {
        TriggerPtr trigger;
        std::shared_ptr<const OpenForm> form;  ///< null until it is asked for
    };
    void follow(const TriggerTable& triggers);

    std::mutex mutex_;  // guards what follows
    TriggerTable::Snapshot seen_;
    std::map<std::string, Entry, std::less<>> by_path_;
};

}  // namespace millrace::server
