// SPDX-License-Identifier: Apache-2.0
#include "turn.hpp"

#include <string>
#include <utility>

#include "millrace/core/check.hpp"
#include "shared_state.hpp"
#include "wait_rows.hpp"

namespace millrace::engine {

void Turn::write(Origin origin, RecordBody body) {
    x.share.row->append(origin, frame.now, body);
    const Record record{x.next_seq, frame.now, origin, std::move(body)};
    const core::Result<> applied = applier_.apply(x, record);
    // A decision that does not fit the state it was made from is a bug of the engine.
    MR_CHECK(applied.has_value());
    note_record(*this, record.body);
    note_waits(*this, applier_.ended(), record.body);
    note_links(*this, record.body);
    if (origin == Origin::derived) ++x.share.transitions;
}

bool Turn::take_back(RunRef ref) {
    const std::uint32_t attempt = run(ref).attempt;
    auto& effects = frame.effects;
    // An effect of this execution in this frame is near the end, if there is one. It is only
    // marked, since others remember places in the list.
    for (std::size_t i = effects.size(); i-- > x.share.first_effect;) {
        Effect& effect = effects[i];
        if (effect.id != x.id || effect.run != key(ref) || effect.attempt != attempt) continue;
        effect.attempt = taken_back;
        return true;
    }
    return false;
}

bool Turn::abort(RunRef ref) {
    if (take_back(ref)) return true;
    const OpenChild* const child = x.child_of(ref);
    if (child != nullptr && child->abandons) return true;
    frame.aborts.push_back({x.id, key(ref), run(ref).attempt,
                            child == nullptr ? std::nullopt : core::ExecutionId::parse(child->id)});
    return false;
}

std::string Turn::step_key(RunRef ref, const std::string& path) const {
    // (execution, path, generation, operator retries): the same for every automatic attempt.
    return options_.digest(x.id.text() + "/" + path + "/" + std::to_string(x.generation) + "/" +
                           std::to_string(run(ref).operator_retries));
}

}  // namespace millrace::engine
