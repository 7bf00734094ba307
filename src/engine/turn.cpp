// SPDX-License-Identifier: Apache-2.0
#include "turn.hpp"

#include <utility>

#include "millrace/core/check.hpp"

namespace millrace::engine {

void Turn::write(Origin origin, RecordBody body) {
    x.share.row->append(origin, frame.now, body);
    const core::Result<> applied =
        applier_.apply(x, Record{x.next_seq, frame.now, origin, std::move(body)});
    // A decision that does not fit the state it was made from is a bug of the engine.
    MR_CHECK(applied.has_value());
    if (origin == Origin::derived) ++x.share.transitions;
}

void Turn::abort(core::NodeIndex node) {
    frame.aborts.push_back({x.id, {0, node, 0}, run(node).attempt});
}

std::string Turn::step_key(core::NodeIndex node) const {
    // (execution, path, generation, operator retries): the same for every automatic attempt.
    return options_.digest(x.id.text() + "/" + this->node(node).id + "/0/0");
}

}  // namespace millrace::engine
