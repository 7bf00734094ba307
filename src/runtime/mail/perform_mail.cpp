// SPDX-License-Identifier: Apache-2.0
#include "mail/perform_mail.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "files/perform_file.hpp"
#include "mail/mail_message.hpp"
#include "mail/smtp_session.hpp"

namespace millrace::runtime {
namespace {

using core::Value;

constexpr core::ByteSize attachments_max{32u << 20};

std::expected<SmtpServer, core::Failure> server_of(const engine::MailCall& call,
                                                   const std::optional<Credential>& credential) {
    // With a server of the node's choice, its author could have the password sent anywhere.
    if (credential && !call.server.empty()) {
        return refused("bad_server", "the credential " + credential->name +
                                         " names its server; leave out the field server");
    }
    const std::string text = credential ? std::string{credential->text("server")} : call.server;
    if (text.empty()) {
        return refused("no_server",
                       "no SMTP server is named; give the node a credential of type "
                       "smtp, or the field server");
    }
    auto server = SmtpServer::parse(text);
    if (!server) {
        return refused("bad_server", "the SMTP server cannot be used: " + server.error());
    }
    server->verify_tls = call.verify_tls;
    if (credential) {
        server->username = credential->text("username");
        server->password = credential->text("password");
    }
    return *std::move(server);
}

std::expected<std::string, core::Failure> content_of(const engine::MailAttachment& attachment,
                                                     const AllowedFolders& folders,
                                                     core::ByteSize most) {
    if (attachment.uri.empty()) return attachment.content;
    std::string_view path = attachment.uri;
    constexpr std::string_view scheme = "file:";
    if (path.starts_with(scheme)) {
        path.remove_prefix(scheme.size());
        if (path.starts_with("//")) path.remove_prefix(2);
    }
    return read_allowed_file(folders, path, most);
}

std::expected<std::vector<std::string>, core::Failure> attached(const engine::MailCall& call,
                                                                const AllowedFolders& folders) {
    std::vector<std::string> contents;
    std::uint64_t left = attachments_max.bytes;
    for (const engine::MailAttachment& attachment : call.attachments) {
        auto content = content_of(attachment, folders, core::ByteSize{left});
        const bool is_large =
            content ? content->size() > left : content.error().code == "file_too_large";
        if (is_large) {
            return std::unexpected{make_failure(core::ErrorClass::limit, "mail_too_large",
                                                "the attachments have more than 32MiB together")};
        }
        if (!content) return std::unexpected{std::move(content.error())};
        left -= content->size();
        contents.push_back(*std::move(content));
    }
    return contents;
}

}  // namespace

std::expected<Value, core::Failure> perform_mail(const engine::MailCall& call,
                                                 const std::optional<Credential>& credential,
                                                 const Surroundings& surroundings,
                                                 const AttemptFacts& facts) {
    const auto server = server_of(call, credential);
    if (!server) return std::unexpected{server.error()};
    const auto attachments = attached(call, *surroundings.folders);
    if (!attachments) return std::unexpected{attachments.error()};
    SmtpLetter letter{call.from.address, {}, {}};
    for (const auto* list : {&call.to, &call.cc, &call.bcc}) {
        for (const engine::MailAddress& one : *list)
            letter.recipients.push_back(one.address);
    }
    letter.message =
        mail_message(call, facts.idempotency_key, surroundings.clock->wall(), *attachments);
    auto reply = send_letter(*server, letter, surroundings.egress, facts.stop);
    if (!reply) return std::unexpected{std::move(reply.error())};
    std::vector<Value> accepted;
    for (const std::string& recipient : letter.recipients)
        accepted.emplace_back(recipient);
    return Value::object({{"message_id", message_id(facts.idempotency_key, call.from.address)},
                          {"accepted", Value::array(std::move(accepted))},
                          {"response", *std::move(reply)}});
}

}  // namespace millrace::runtime
