// SPDX-License-Identifier: Apache-2.0
#include "conformance/conformance.hpp"

#include <stdexcept>

#include "millrace/store/open.hpp"
#include "millrace/store/testing/temp_folder.hpp"

namespace millrace::store::conformance {

namespace {

// So few that tests see the feed forget.
constexpr std::uint64_t feed_bytes_max = 1'024;

class MemoryBackend final : public Backend {
public:
    std::unique_ptr<Store> open() override { return open_memory_store(feed_bytes_max); }
    bool is_durable() const override { return false; }
};

class SqliteBackend final : public Backend {
public:
    std::unique_ptr<Store> open() override {
        auto store = open_store({.folder = folder_ / "data", .feed_bytes_max = feed_bytes_max});
        if (!store) throw std::runtime_error(store.error().message());
        return std::move(*store);
    }
    bool is_durable() const override { return true; }

private:
    testing::TempFolder folder_;
};

}  // namespace

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {"memory", [] { return std::make_unique<MemoryBackend>(); }},
        {"sqlite", [] { return std::make_unique<SqliteBackend>(); }},
    };
    return all;
}

void Conformance::SetUp() {
    backend_ = GetParam().make();
    store_ = backend_->open();
    const auto owned = store_->take_ownership();
    ASSERT_TRUE(owned) << owned.error().message();
    epoch_ = owned->epoch;
    ASSERT_TRUE(
        store_->save_version(testing::workflow, testing::workflow_hash, "{}", core::Time{1}));
}

testing::FrameBuilder Conformance::next_frame() {
    ++frame_;
    return {frame_, static_cast<std::int64_t>(frame_ * 1'000)};
}

void Conformance::commit(testing::FrameBuilder frame) {
    const auto done = store_->commit(frame.build(), epoch_);
    ASSERT_TRUE(done) << done.error().message();
}

}  // namespace millrace::store::conformance
