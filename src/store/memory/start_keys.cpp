// SPDX-License-Identifier: Apache-2.0
#include "memory/start_keys.hpp"

#include <vector>

namespace millrace::store::memory {

/// What is put is kept aside until all of the work has succeeded.
class MemoryStartKeys::Table final : public StartKeyTable {
public:
    explicit Table(MemoryStartKeys& keys) : keys_{keys} {}

    core::Result<std::optional<StartKey>> find(const std::string& name) override {
        std::optional<StartKey> known;
        if (const auto mine = put_.find(name); mine != put_.end()) {
            known = mine->second;
        } else {
            const std::scoped_lock lock{keys_.mutex_};
            if (const auto at = keys_.keys_.find(name); at != keys_.keys_.end()) known = at->second;
        }
        if (known && keys_.is_there_(known->execution)) known->fate = StartKey::Fate::there;
        return known;
    }

    core::Result<> put(const StartKey& key) override {
        auto known = find(key.name);
        const bool was_removed = *known && (*known)->execution == key.execution &&
                                 (*known)->fate == StartKey::Fate::removed;
        StartKey& kept = put_[key.name] = key;
        kept.fate = was_removed ? StartKey::Fate::removed : StartKey::Fate::not_started;
        return {};
    }

    void keep() {
        const std::scoped_lock lock{keys_.mutex_};
        for (auto& [name, key] : put_) {
            StartKey& kept = keys_.keys_[name];
            keys_.by_execution_.erase({kept.execution, name});
            keys_.by_execution_.emplace(key.execution, name);
            kept = std::move(key);
        }
    }

private:
    MemoryStartKeys& keys_;
    std::map<std::string, StartKey> put_;
};

core::Result<> MemoryStartKeys::change(const Work& work) {
    Table table{*this};
    if (auto done = work(table); !done) return done;
    table.keep();
    return {};
}

core::Result<std::uint64_t> MemoryStartKeys::forget_over(core::Time now, std::size_t limit) {
    const std::scoped_lock lock{mutex_};
    std::multimap<core::Time, std::string> over;
    for (const auto& [name, key] : keys_)
        if (key.until < now) over.emplace(key.until, name);
    std::uint64_t forgotten = 0;
    for (auto at = over.begin(); at != over.end() && forgotten < limit; ++at, ++forgotten) {
        by_execution_.erase({keys_[at->second].execution, at->second});
        keys_.erase(at->second);
    }
    return forgotten;
}

void MemoryStartKeys::erase(core::ExecutionId id) {
    const std::scoped_lock lock{mutex_};
    for (auto at = by_execution_.lower_bound({id, {}});
         at != by_execution_.end() && at->first == id; ++at)
        keys_[at->second].fate = StartKey::Fate::removed;
}

}  // namespace millrace::store::memory
