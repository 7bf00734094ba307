// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/store/dead_letters.hpp"
#include "millrace/store/result_cache.hpp"
#include "millrace/store/secrets.hpp"

// The smaller parts of a store in memory. Each is thread-safe.

namespace millrace::store::memory {

class MemoryDeadLetters final : public DeadLetters {
public:
    core::Result<DeadLetterPage> list(const DeadLetterFilter& filter, std::size_t limit,
                                      const std::string& cursor) override;
    core::Result<DeadLetter> find(std::uint64_t number) override;
    core::Result<> mark_replayed(std::uint64_t number, core::ExecutionId as,
                                 core::Time now) override;
    core::Result<> discard(std::uint64_t number, core::Time now) override;

    /// What a frame says; a letter of the same run takes the place of the earlier one.
    void write(const engine::DeadLetterRow& row);
    bool has_open(core::ExecutionId id);
    std::uint64_t open_count();
    /// All of an execution that is removed.
    void erase(core::ExecutionId id);

private:
    core::Result<> decide(std::uint64_t number, DeadLetterStatus status, core::Time now,
                          std::optional<core::ExecutionId> as);

    std::mutex mutex_;
    std::map<std::uint64_t, DeadLetter> letters_;
    std::uint64_t last_number_ = 0;
    std::map<std::pair<core::ExecutionId, std::string>, std::uint64_t> by_run_;
};

class MemoryResultCache final : public ResultCache {
public:
    core::Result<std::optional<CachedResult>> find(const std::string& key) override;
    core::Result<> put(std::span<const CachedResult> results, std::uint64_t bytes_max,
                       core::Time now) override;
    core::Result<std::uint64_t> clear(const CacheFilter& filter) override;
    core::Result<CachePage> list(const CacheFilter& filter, std::size_t limit,
                                 const std::string& cursor) override;
    core::Result<CacheTotals> totals() override;

private:
    using Results = std::map<std::uint64_t, CachedResult>;  // in the order they were stored
    Results::iterator erase(Results::iterator at);

    std::mutex mutex_;
    Results results_;
    std::map<std::string, std::uint64_t> by_key_;
    std::uint64_t bytes_ = 0;
};

class MemorySecrets final : public Secrets {
public:
    core::Result<std::vector<SealedSecret>> list(std::optional<SecretKind> kind) override;
    core::Result<SealedSecret> find(SecretKind kind, const std::string& name) override;
    core::Result<> put(const SealedSecret& secret) override;
    core::Result<> remove(SecretKind kind, const std::string& name) override;
    core::Result<> replace_all(std::span<const SealedSecret> secrets) override;

private:
    std::mutex mutex_;
    std::map<std::pair<SecretKind, std::string>, SealedSecret> secrets_;
};

}  // namespace millrace::store::memory
