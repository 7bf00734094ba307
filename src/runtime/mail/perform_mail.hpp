// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "secrets/credentials.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// Hands the mail over to its SMTP server and gives `{message_id, accepted, response}`; all
/// recipients are taken or none. TLS is used where the server offers it, and must be there before a
/// password goes to another machine.
///
/// Failures, by class: `connection` smtp_4xx (the server's three digits), dns_failure,
/// connect_failed, tls_failed, connection_reset; `timeout` connect_timeout, smtp_timeout;
/// `validation` smtp_5xx, egress_denied, bad_server, bad_attachment, no_server and those of
/// attached files; `limit` mail_too_large; `canceled` canceled.
std::expected<core::Value, core::Failure> perform_mail(const engine::MailCall& call,
                                                       const std::optional<Credential>& credential,
                                                       const Surroundings& surroundings,
                                                       const AttemptFacts& facts);

}  // namespace millrace::runtime
