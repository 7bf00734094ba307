// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/format/test_document.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "test_kit/test_judge.hpp"

namespace millrace::cli {

/// The mails that were handed over, in their order.
std::vector<const runtime::OutsideCall*> mails_of(const runtime::Rehearsed& rehearsed);

/// Compares with what was expected of those who are outside: what they were waited for, and the
/// mails that they got.
std::vector<TestFailure> judge_outside(const format::Expectations& expect,
                                       const runtime::Rehearsed& rehearsed);

}  // namespace millrace::cli
