// SPDX-License-Identifier: Apache-2.0
#include "mail/mail_message.hpp"

#include <algorithm>

#include "mail/mail_text.hpp"

namespace millrace::runtime {
namespace {

/// A part of a mail: its headers, an empty line, its body.
using Part = std::string;

Part text_part(std::string_view subtype, std::string_view text) {
    std::string body = quoted_printable(text);
    if (!body.ends_with("\r\n")) body += "\r\n";
    return "Content-Type: text/" + std::string{subtype} +
           "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body;
}

Part attachment_part(const engine::MailAttachment& attachment, std::string_view content) {
    const std::string type =
        attachment.content_type.empty() ? "application/octet-stream" : attachment.content_type;
    return "Content-Type: " + type + "\r\nContent-Disposition: attachment" +
           header_parameter("filename", attachment.name) +
           "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_lines(content);
}

/// `=_` stands in no text that is encoded as quoted-printable or base64.
std::string boundary(std::string_view idempotency_key, std::string_view level) {
    return "=_millrace_" + std::string{idempotency_key.substr(0, 24)} + "_" + std::string{level};
}

Part multipart(std::string_view subtype, const std::string& boundary,
               const std::vector<Part>& parts) {
    std::string text = "Content-Type: multipart/" + std::string{subtype} + ";\r\n boundary=\"" +
                       boundary + "\"\r\n\r\n";
    for (const Part& part : parts)
        text.append("--").append(boundary).append("\r\n").append(part).append("\r\n");
    return text.append("--").append(boundary).append("--\r\n");
}

Part body_of(const engine::MailCall& call, std::string_view key,
             const std::vector<std::string>& attachments) {
    Part body = text_part("plain", call.text);
    if (!call.html.empty() && call.text.empty()) {
        body = text_part("html", call.html);
    } else if (!call.html.empty()) {
        body = multipart("alternative", boundary(key, "alternative"),
                         {body, text_part("html", call.html)});
    }
    if (call.attachments.empty()) return body;
    std::vector<Part> parts{body};
    for (std::size_t i = 0; i < call.attachments.size(); ++i)
        parts.push_back(attachment_part(call.attachments[i], attachments.at(i)));
    return multipart("mixed", boundary(key, "mixed"), parts);
}

}  // namespace

std::string message_id(std::string_view idempotency_key, std::string_view from_address) {
    const std::size_t at = from_address.rfind('@');
    const std::string_view domain =
        at == std::string_view::npos ? "localhost" : from_address.substr(at + 1);
    return "<" + std::string{idempotency_key} + "@" + std::string{domain} + ">";
}

std::string mail_message(const engine::MailCall& call, std::string_view idempotency_key,
                         core::Time now, const std::vector<std::string>& attachments) {
    std::string message;
    const auto header = [&message](std::string_view name, const std::string& value) {
        message.append(name).append(": ").append(value).append("\r\n");
    };
    header("Date", mail_date(now));
    header("Message-ID", message_id(idempotency_key, call.from.address));
    header("From", address_list({&call.from, 1}));
    if (!call.to.empty()) header("To", address_list(call.to));
    if (!call.cc.empty()) header("Cc", address_list(call.cc));
    if (!call.reply_to.empty()) header("Reply-To", address_list(call.reply_to));
    header("Subject", header_words(call.subject));
    for (const auto& [name, value] : call.headers)
        header(name, header_words(value));
    message += "MIME-Version: 1.0\r\n";
    return message + body_of(call, idempotency_key, attachments);
}

}  // namespace millrace::runtime
