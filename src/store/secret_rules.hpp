// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/result.hpp"
#include "millrace/store/secrets.hpp"
#include "millrace/store/store.hpp"

// Errors that the implementations of Secrets word in the same way.

namespace millrace::store {

inline core::Error secret_not_found(SecretKind kind, const std::string& name) {
    return {StoreErrc::not_found, std::string{kind == SecretKind::secret ? "there is no secret "
                                                                         : "there is no "
                                                                           "credential "} +
                                      name};
}

inline core::Error secrets_have_changed() {
    return {StoreErrc::conflict, "secrets were set or deleted meanwhile; repeat this"};
}

}  // namespace millrace::store
