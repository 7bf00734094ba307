// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/runtime/log.hpp"

namespace millrace::runtime {

/// Knows secrets and puts `***` in their place. Texts that hold none are not copied more than once,
/// and nothing is searched before the first secret is known. Thread-safe.
class SecretMask {
public:
    /// Shorter ones would be found everywhere; masking them would tell more than it hides.
    static constexpr std::size_t length_min = 4;

    /// More forms than this are not known at a time: what was added longest ago is forgotten first.
    static constexpr std::size_t forms_max = 4'096;

    /// Also knows it as it is written in URLs and JSON from now on.
    void add(std::string_view secret);
    /// From now on hides the tokens of links, too: they are known by where they stand, so that
    /// their number takes no room.
    void hide_links() { hides_links_.store(true, std::memory_order_release); }
    std::string masked(std::string_view text) const;
    void mask(core::Failure& failure) const;
    /// Shares what holds no secret with the given value.
    core::Value without_secrets(const core::Value& value) const;
    bool is_empty() const {
        return count_.load(std::memory_order_acquire) == 0 &&
               !hides_links_.load(std::memory_order_acquire);
    }

private:
    using Secrets = std::vector<std::string>;  // the longest first
    std::shared_ptr<const Secrets> current() const;
    bool hides_links() const { return hides_links_.load(std::memory_order_acquire); }

    mutable std::mutex mutex_;
    std::deque<std::string> by_age_;  // the same, the oldest first
    std::shared_ptr<const Secrets> secrets_ = std::make_shared<Secrets>();
    std::atomic<std::size_t> count_ = 0;
    std::atomic<bool> hides_links_ = false;
};

/// A Log in front of another that masks all it is told. Both outlive it.
class MaskingLog final : public Log {
public:
    MaskingLog(std::shared_ptr<Log> inner, std::shared_ptr<const SecretMask> mask);
    bool takes(LogLevel level) const override { return inner_->takes(level); }
    void put(LogLevel level, std::string_view message, std::span<const LogField> fields) override;

private:
    const std::shared_ptr<Log> inner_;
    const std::shared_ptr<const SecretMask> mask_;
};

}  // namespace millrace::runtime
