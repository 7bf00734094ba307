// SPDX-License-Identifier: Apache-2.0
#include "events/journals.hpp"

#include <utility>

#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

class RuntimeJournals final : public Journals {
public:
    explicit RuntimeJournals(runtime::Runtime& runtime) : runtime_{runtime} {}

    core::Result<engine::ExecutionRow> execution(core::ExecutionId id) override {
        return runtime_.store().execution(id);
    }
    core::Result<std::vector<std::string>> rows(core::ExecutionId id,
                                                std::uint64_t after_seq) override {
        return runtime_.store().journal(id, after_seq);
    }
    core::Result<std::shared_ptr<const engine::Plan>> plan(const std::string& workflow_id,
                                                           std::uint32_t version) override {
        auto loaded = runtime_.load_workflow(workflow_id, version);
        if (!loaded) return std::unexpected(std::move(loaded.error()));
        return std::move(loaded->plan);
    }
    core::Result<std::vector<store::FeedRow>> feed(store::FeedPosition after,
                                                   std::size_t limit) override {
        return runtime_.store().feed().rows(after, limit);
    }
    core::Result<store::FeedPosition> feed_end() override { return runtime_.store().feed().end(); }

    void observe(std::shared_ptr<runtime::Observer> observer) override {
        runtime_.observe(std::move(observer));
    }
    void unobserve(const std::shared_ptr<runtime::Observer>& observer) override {
        runtime_.unobserve(observer);
    }

private:
    runtime::Runtime& runtime_;
};

}  // namespace

std::unique_ptr<Journals> journals_of(runtime::Runtime& runtime) {
    return std::make_unique<RuntimeJournals>(runtime);
}

}  // namespace millrace::server
