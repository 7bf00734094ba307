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
core::Result<store::WaitWhat> what_of(store::Store& store, const engine::ExecutionRow& row,
                                      const runtime::LinkTarget& target) {
    const auto document = stored_document(store, row.workflow_id, row.workflow_version);
    if (!document) return std::unexpected(document.error());
    const std::size_t node = target.run.node.value;
    const bool is_approval =
        node < document->nodes.size() && document->nodes[node].data.find("approval") != nullptr;
    return is_approval ? store::WaitWhat::approval : store::WaitWhat::webhook;
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
    auto what = what_of(store, *row, *target);
    if (!what) return std::unexpected(what.error());
    found.state = State::early;
    found.wait.what = *what;
    return found;
}

}  // namespace millrace::server
