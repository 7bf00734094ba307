// SPDX-License-Identifier: Apache-2.0
#include "routes/waits/linked_wait.hpp"

#include <string>
#include <utility>

#include "millrace/server/stored_document.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

using State = LinkedWait::State;

/// Of a run that has not begun to wait: what its node says that it will wait for.
core::Result<store::Wait> coming_wait(store::Store& store, const engine::ExecutionRow& row,
                                      const runtime::LinkTarget& target) {
    const auto document = stored_document(store, row.workflow_id, row.workflow_version);
    if (!document) return std::unexpected(document.error());
    store::Wait wait;
    wait.what = store::WaitWhat::webhook;
    const std::size_t node = target.run.node.value;
    if (node >= document->nodes.size()) return wait;
    const core::Value& data = document->nodes[node].data;
    if (data.find("approval") != nullptr) wait.what = store::WaitWhat::approval;
    if (const core::Value* const webhook = data.find("webhook")) wait.details = *webhook;
    return wait;
}

}  // namespace

core::Result<LinkedWait> find_link(runtime::Runtime& runtime, std::string_view token) {
    LinkedWait found;
    store::Store& store = runtime.store();
    auto wait = store.waits().find(runtime::Links::hash(token));
    if (wait) {
        found.state = wait->state == store::WaitState::open ? State::open : State::closed;
        found.target = {wait->id, wait->run};
        found.wait = *std::move(wait);
        return found;
    }
    if (!wait.error().is(store::StoreErrc::not_found)) return std::unexpected(wait.error());
    const auto target = runtime.links().read(token);
    if (!target) return found;
    found.target = *target;
    const auto row = store.execution(target->id);
    if (!row) {
        if (row.error().is(store::StoreErrc::not_found)) return found;
        return std::unexpected(row.error());
    }
    if (core::is_terminal(row->status)) {
        found.state = State::gone;
        return found;
    }
    auto coming = coming_wait(store, *row, *target);
    if (!coming) return std::unexpected(coming.error());
    found.state = State::early;
    found.wait = *std::move(coming);
    return found;
}

}  // namespace millrace::server
