// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/store/cursors.hpp"
#include "millrace/store/schedules.hpp"
#include "millrace/store/trigger_counts.hpp"
#include "millrace/store/triggers.hpp"
#include "sqlite/part_access.hpp"

// What is kept of the things that start workflows. The `access` of each part outlives it.

namespace millrace::store::sqlite {

class SqliteSchedules final : public Schedules {
public:
    explicit SqliteSchedules(PartAccess& access) : access_{access} {}

    core::Result<std::vector<ScheduleState>> list() override;
    core::Result<ScheduleState> find(const std::string& workflow_id,
                                     const std::string& node_id) override;
    core::Result<> put(std::span<const ScheduleState> states) override;
    core::Result<> remove(const std::string& workflow_id, const std::string& node_id) override;

private:
    PartAccess& access_;
};

class SqliteTriggers final : public Triggers {
public:
    explicit SqliteTriggers(PartAccess& access) : access_{access} {}

    core::Result<std::vector<ActiveTrigger>> active() override;
    core::Result<std::vector<ActiveTrigger>> active(const std::string& workflow_id) override;

private:
    PartAccess& access_;
};

class SqliteTriggerCounts final : public TriggerCounts {
public:
    explicit SqliteTriggerCounts(PartAccess& access) : access_{access} {}

    core::Result<> add(std::span<const TriggerCount> counts) override;
    core::Result<std::vector<TriggerCount>> list(
        const std::optional<std::string>& workflow_id) override;

private:
    PartAccess& access_;
};

class SqliteCursors final : public Cursors {
public:
    explicit SqliteCursors(PartAccess& access) : access_{access} {}

    core::Result<std::optional<FeedPosition>> get(const std::string& name) override;
    core::Result<> put(const std::string& name, FeedPosition position) override;

private:
    PartAccess& access_;
};

/// Makes the triggers of a workflow those of its active version, within the transaction that has
/// changed that.
core::Result<> write_triggers(Connection& connection, const std::string& workflow_id);

}  // namespace millrace::store::sqlite
