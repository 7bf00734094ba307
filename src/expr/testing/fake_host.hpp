// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/expr/host.hpp"

namespace millrace::expr {

/// `Test/Summer` is an hour ahead of UTC, two from 2026-03-29T01:00Z to 2026-10-25T01:00Z.
/// `Test/DateLine` is ten hours behind and from 2026-06-30T10:00Z on fourteen ahead, so that it has
/// no 30th of June. Its one digest, `sha256`, is no digest: the text over and over, 32 bytes long.
const Host& fake_host();

}  // namespace millrace::expr
