// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/links.hpp"
#include "secrets/credentials.hpp"

namespace millrace::runtime {

/// Puts the secrets that an effect names into its request, each as it is written where it stands:
/// encoded in URLs and forms, escaped in JSON. Failures are those of Credentials::secret, and
/// `bad_secret` for one of several lines in a header, and `no_link` where a link has no address or
/// no key. Gives the texts that were put in, as they are written there.
std::expected<std::vector<std::string>, core::Failure> fill_secrets(engine::Effect& effect,
                                                                    Credentials* credentials,
                                                                    Links* links);

}  // namespace millrace::runtime
