// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// Any value that a document may hold. JSON can't tell an integral double beyond 2^53 from the
/// integer of the same digits, nor -0 from 0: `exact_doubles` leaves those out.
rc::Gen<core::Value> any_value(bool exact_doubles);

/// Documents of every form that can be read.
rc::Gen<core::Document> any_document(bool exact_doubles);

}  // namespace millrace::format
