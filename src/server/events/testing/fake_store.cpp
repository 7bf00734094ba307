// SPDX-License-Identifier: Apache-2.0
#include "events/testing/fake_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "events/event_readers.hpp"
#include "millrace/engine/execution_view.hpp"
#include "millrace/engine/record.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/nodes/standard.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server::testing {
namespace {

constexpr core::Time now{1'800'000'000'000};
constexpr engine::RunKey work{0, core::NodeIndex{1}, 0};

const nodes::Registry& library() {
    static const std::unique_ptr<nodes::Registry> standard = [] {
        auto registry = std::make_unique<nodes::Registry>();
        if (!register_standard(*registry)) throw std::logic_error{"no standard node types"};
        return registry;
    }();
    return *standard;
}

std::unexpected<core::Error> not_found() {
    return core::fail(store::StoreErrc::not_found, "not there");
}

}  // namespace

core::ExecutionId execution(std::uint8_t number) {
    core::ExecutionId id;
    id.uuid.bytes[0] = 1;
    id.uuid.bytes[15] = number;
    return id;
}

std::shared_ptr<const engine::Plan> two_nodes(const std::string& workflow_id) {
    static std::map<std::string, std::shared_ptr<const engine::Plan>> plans;
    std::shared_ptr<const engine::Plan>& plan = plans[workflow_id];
    if (plan != nullptr) return plan;
    const std::string text = R"({"millrace": 1, "id": ")" + workflow_id + R"(", "name": "Two",
        "nodes": [{"id": "start", "type": "trigger.manual"},
                  {"id": "work", "type": "debug.log", "data": {"message": "here"}}],
        "connections": ["start -> work"]})";
    const auto read = format::read_document({"test", text, format::Syntax::json});
    if (!read.document) throw std::logic_error{read.problems.front().message};
    plan =
        engine::compile(*read.document, {workflow_id, 1, "hash"}, library(), format::compile_schema)
            .plan;
    if (plan == nullptr) throw std::logic_error{"the test's workflow does not compile"};
    return plan;
}

FakeStore::Row FakeStore::row(core::ExecutionId id, const std::string& workflow_id,
                              std::size_t events, std::size_t padding) {
    Execution& execution = executions_[id];
    const bool is_new = execution.next_seq == 1;
    engine::RowWriter writer{execution.next_seq, now};
    if (is_new) {
        execution.workflow_id = workflow_id;
        engine::ExecutionCreated created;
        created.workflow_id = workflow_id;
        writer.append(engine::Origin::input, now, created);
        // Tells nothing: numbers of records and of events are not the same.
        writer.append(engine::Origin::derived, now, engine::PermitGranted{});
    }
    for (std::size_t i = is_new ? 1 : 0; i < events; ++i) {
        const core::Value note = core::Value::object({{"text", std::string(padding, 'x')}});
        writer.append(engine::Origin::derived, now, engine::RunNoted{work, note});
    }
    Row row;
    row.id = id;
    row.first_seq = writer.first_seq();
    row.count = writer.count();
    if (is_new) row.workflow_id = workflow_id;
    row.bytes = writer.take_bytes();
    execution.next_seq += row.count;
    return row;
}

FakeStore::Row FakeStore::last_row(core::ExecutionId id) {
    Execution& execution = executions_.at(id);
    engine::RowWriter writer{execution.next_seq, now};
    writer.append(engine::Origin::derived, now, engine::ExecutionCompleted{});
    Row row;
    row.id = id;
    row.first_seq = writer.first_seq();
    row.count = 1;
    row.bytes = writer.take_bytes();
    row.finished = core::ExecutionStatus::completed;
    ++execution.next_seq;
    return row;
}

void FakeStore::plan_frame(std::vector<Row> rows) {
    planned_.push_back(std::move(rows));
}

bool FakeStore::commit() {
    if (planned_.empty()) return false;
    std::vector<Row> rows = std::move(planned_.front());
    planned_.pop_front();
    std::uint32_t number = 0;
    for (Row& row : rows)
        row.position = {frames_.size() + 1, ++number};
    if (observer_ != nullptr) untold_.push_back(rows);
    frames_.push_back(std::move(rows));
    return true;
}

bool FakeStore::tell() {
    if (untold_.empty()) return false;
    const std::vector<Row> rows = std::move(untold_.front());
    untold_.pop_front();
    observer_->on_committed(rows);
    return true;
}

void FakeStore::lag() {
    std::uint64_t rows = 0;
    for (const auto& frame : untold_)
        rows += frame.size();
    untold_.clear();
    if (rows > 0) observer_->on_lagged(rows);
}

void FakeStore::forget_all_but(std::size_t frames) {
    forgotten_ = frames_.size() - std::min(frames, frames_.size());
}

void FakeStore::remove(core::ExecutionId id) {
    executions_.at(id).is_removed = true;
}

/// What a hub sees of it.
class FakeStore::View final : public Journals {
public:
    explicit View(FakeStore& store) : store_{store} {}

    core::Result<engine::ExecutionRow> execution(core::ExecutionId id) override {
        engine::ExecutionRow found;
        found.id = id;
        for (const auto& frame : store_.frames_) {
            for (const Row& row : frame) {
                if (row.id != id) continue;
                if (row.finished) found.status = *row.finished;
                found.workflow_id = store_.executions_.at(id).workflow_id;
            }
        }
        const bool is_there = !found.workflow_id.empty() && !store_.executions_.at(id).is_removed;
        if (!is_there) return not_found();
        return found;
    }
    core::Result<std::vector<std::string>> rows(core::ExecutionId id,
                                                std::uint64_t after_seq) override {
        ++store_.reads;
        if (store_.fails) return std::unexpected(*store_.fails);
        std::vector<std::string> rows;
        if (store_.executions_[id].is_removed) return rows;
        for (const auto& frame : store_.frames_)
            for (const Row& row : frame)
                if (row.id == id && row.first_seq + row.count - 1 > after_seq)
                    rows.push_back(row.bytes);
        if (const auto happens = std::exchange(store_.after_read, nullptr)) happens();
        return rows;
    }
    core::Result<std::shared_ptr<const engine::Plan>> plan(const std::string& workflow_id,
                                                           std::uint32_t) override {
        if (store_.fails) return std::unexpected(*store_.fails);
        return two_nodes(workflow_id);
    }
    core::Result<std::vector<store::FeedRow>> feed(store::FeedPosition after,
                                                   std::size_t limit) override {
        if (store_.fails) return std::unexpected(*store_.fails);
        if (after < store::FeedPosition{store_.forgotten_ + 1, 0} && store_.forgotten_ > 0 &&
            after != end())
            return not_found();
        std::vector<store::FeedRow> rows;
        for (const auto& frame : store_.frames_)
            for (const Row& row : frame)
                if (row.position > after && rows.size() < limit)
                    rows.push_back({row.position, row.id, row.first_seq, row.count});
        return rows;
    }
    core::Result<store::FeedPosition> feed_end() override { return end(); }
    void observe(std::shared_ptr<runtime::Observer> observer) override {
        store_.observer_ = std::move(observer);
    }
    void unobserve(const std::shared_ptr<runtime::Observer>&) override {
        store_.observer_ = nullptr;
        store_.untold_.clear();
    }

private:
    store::FeedPosition end() const {
        if (store_.frames_.empty()) return {};
        return store_.frames_.back().back().position;
    }

    FakeStore& store_;
};

std::unique_ptr<Journals> FakeStore::journals() {
    return std::make_unique<View>(*this);
}

std::vector<PlacedEvent> FakeStore::feed_events() const {
    std::map<core::ExecutionId, engine::ExecutionView> views;
    std::vector<PlacedEvent> all;
    for (const auto& frame : frames_) {
        for (const Row& row : frame) {
            const std::string& workflow_id = executions_.at(row.id).workflow_id;
            auto& view = views.try_emplace(row.id, row.id, two_nodes(workflow_id)).first->second;
            std::vector<core::Event> events;
            const auto records = engine::read_row(row.bytes);
            if (!records) throw std::logic_error{records.error().message()};
            for (const engine::Record& record : *records)
                if (auto event = view.feed(record)) events.push_back(*std::move(event));
            for (std::size_t i = 0; i < events.size(); ++i)
                all.push_back({place_in_feed(row.position, i, events.size()),
                               std::make_shared<const ToldEvent>(events[i])});
        }
    }
    return all;
}

std::vector<PlacedEvent> FakeStore::execution_events(core::ExecutionId id) const {
    std::vector<PlacedEvent> mine;
    for (PlacedEvent& placed : feed_events()) {
        if (placed.event->event().execution_id != id) continue;
        mine.push_back({place_in_execution(placed.event->event()), std::move(placed.event)});
    }
    return mine;
}

}  // namespace millrace::server::testing
