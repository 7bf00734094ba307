// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include "millrace/core/value.hpp"

namespace millrace::core {

/// Any value: all kinds, nested a few levels.
rc::Gen<Value> arbitrary_value();

/// An equal value that shares nothing with the given one.
Value deep_copy(const Value& value);

}  // namespace millrace::core
