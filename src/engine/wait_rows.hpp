// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apply.hpp"
#include "turn.hpp"

namespace millrace::engine {

/// Tells the frame which waits came, went and moved by a record that was just applied.
void note_waits(Turn& turn, const Applier::Ended& ended, const RecordBody& body);

/// Lets a record that was just applied answer whoever started the execution, and its parent.
void note_links(Turn& turn, const RecordBody& body);

}  // namespace millrace::engine
