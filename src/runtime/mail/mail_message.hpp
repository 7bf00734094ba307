// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::runtime {

/// The Message-ID of a run's mail, the same for all its attempts: whoever gets it twice can tell.
std::string message_id(std::string_view idempotency_key, std::string_view from_address);

/// A whole mail as RFC 5322 and MIME have it, with CRLF line ends. `attachments` are the contents,
/// aligned with the call's. The same arguments give the same bytes.
std::string mail_message(const engine::MailCall& call, std::string_view idempotency_key,
                         core::Time now, const std::vector<std::string>& attachments);

}  // namespace millrace::runtime
