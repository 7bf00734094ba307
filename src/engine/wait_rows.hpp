// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "turn.hpp"

namespace millrace::engine {

/// What waited before a record was applied, to tell the frame which waits came and went by it.
/// Costs nothing where nothing waits.
class WaitsBefore {
public:
    explicit WaitsBefore(const ExecutionState& x);
    void note_changes(Turn& turn, const RecordBody& body) const;

private:
    std::vector<RunKey> waits_;
    std::vector<RunKey> children_;
};

/// Lets a record that was just applied answer whoever started the execution, and its parent.
void note_links(Turn& turn, const RecordBody& body);

}  // namespace millrace::engine
