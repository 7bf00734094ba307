// SPDX-License-Identifier: Apache-2.0
// What a store hands back may be damaged in any way: reading a history is an error at worst, and
// whatever is accepted can be worked with. The first byte chooses one of the test scenarios'
// workflows, the second whether the rest is a row, a snapshot, or a snapshot and a row.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/check.hpp"
#include "testing/histories.hpp"

namespace {

using namespace millrace;
using engine::Scenario;

const std::vector<std::shared_ptr<const engine::Plan>>& plans() {
    static const auto compiled = [] {
        std::vector<std::shared_ptr<const engine::Plan>> made;
        for (const Scenario& scenario : engine::scenarios())
            made.push_back(scenario.plan.plan());
        return made;
    }();
    return compiled;
}

void see(core::ExecutionId id, const std::shared_ptr<const engine::Plan>& plan,
         std::string_view row) {
    const auto records = engine::read_row(row);
    if (!records) return;
    engine::ExecutionView view{id, plan};
    for (const engine::Record& record : *records)
        view.feed(record);
    view.to_value();
}

void go_on(engine::Shard& shard, core::ExecutionId id) {
    const std::string snapshot = shard.snapshot(id);
    std::deque<engine::Input> inbox{engine::RecoverExecution{id}};
    for (int i = 0; i < 3; ++i) {
        const core::Time next = shard.next_due().value_or(core::Time{1});
        const engine::Frame frame = shard.advance(next, inbox);
        for (const engine::Effect& effect : frame.effects)
            inbox.push_back(engine::Completion{id, effect.run, effect.attempt,
                                               std::vector<engine::PortValue>{{{0}, 1}}, ""});
    }
    inbox.push_back(engine::CancelExecution{1, id, "end"});
    inbox.push_back(engine::CancelExecution{2, id, "end"});
    for (int i = 0; i < 3; ++i)
        shard.advance({}, inbox);
    MR_CHECK(shard.live_count() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const auto& plan = plans()[data[0] % plans().size()];
    const int form = data[1] % 3;
    const std::string bytes{reinterpret_cast<const char*>(data) + 3, size - 3};
    const core::ExecutionId id{core::Uuid::v7(core::Time{1'700'000'000'000}, 1, 1)};

    engine::StoredExecution stored{id, plan, {}, {}};
    const std::size_t cut = form == 2 ? std::min<std::size_t>(data[2] * 4, bytes.size()) : 0;
    if (form == 1) stored.snapshot = bytes;
    if (form == 2) stored.snapshot = bytes.substr(0, cut);
    if (form != 1) stored.rows = {bytes.substr(cut)};
    for (const std::string& row : stored.rows)
        see(id, plan, row);

    engine::ShardOptions options;
    options.digest = [](std::string_view text) { return std::string{text}; };
    engine::Shard shard{options};
    if (!shard.restore(stored)) {
        MR_CHECK(shard.live_count() == 0);
    } else if (shard.live_count() == 1) {
        go_on(shard, id);
    }
    return 0;
}
