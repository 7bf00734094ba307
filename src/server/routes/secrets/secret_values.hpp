// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/secrets.hpp"

// What secrets and credentials show of themselves, which is never their value.

namespace millrace::server {

/// `{name, created_at, updated_at}`, of a credential with its `type`.
core::Value secret_value(const store::SealedSecret& secret);
/// Types with their fields, for forms that ask for them.
core::Value credential_types_value();

void add_secret_schemas(RouteTable& table);

}  // namespace millrace::server
