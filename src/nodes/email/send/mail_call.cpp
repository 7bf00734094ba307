// SPDX-License-Identifier: Apache-2.0
#include "email/send/mail_call.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "email/send/mail_address.hpp"
#include "field.hpp"
#include "field_reader.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/node.hpp"

namespace millrace::nodes {
namespace {

using core::Value;

constexpr std::size_t subject_max = 255;
constexpr std::size_t recipients_max = 1'000;
constexpr std::size_t header_max = 8'192;

/// What the mail's other fields make, or the way through servers.
constexpr std::array<std::string_view, 14> made_headers = {
    "from",       "to",     "cc",           "bcc",      "reply-to",    "subject",   "date",
    "message-id", "sender", "mime-version", "received", "return-path", "resent-to", "resent-from"};

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string subject_mistake(std::string_view subject) {
    if (has_control(subject)) return "has a line break or another control character";
    if (characters(subject) > subject_max) return "has more than 255 characters";
    return {};
}

std::string header_mistake(std::string_view name) {
    const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != ':'; };
    if (name.empty() || name.size() > 76 || !std::ranges::all_of(name, fits)) {
        return "is no name of a header";
    }
    const std::string known = lower(name);
    if (std::ranges::find(made_headers, known) != made_headers.end() ||
        known.starts_with("content-")) {
        return "is made from the node's other fields and cannot be given";
    }
    return {};
}

std::optional<std::string> media_type_of(std::string_view name) {
    constexpr auto known = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{".pdf", "application/pdf"},
         {".csv", "text/csv; charset=utf-8"},
         {".txt", "text/plain; charset=utf-8"},
         {".html", "text/html; charset=utf-8"},
         {".json", "application/json"},
         {".xml", "application/xml"},
         {".png", "image/png"},
         {".jpg", "image/jpeg"},
         {".jpeg", "image/jpeg"},
         {".zip", "application/zip"}});
    const std::string text = lower(name);
    for (const auto& [ending, type] : known) {
        if (text.ends_with(ending)) return std::string{type};
    }
    return std::nullopt;
}

/// Reads `data` into a mail; the first mistake counts.
class MailReader {
public:
    explicit MailReader(const Value& data) : reader_{data, "/data", failure_} {}

    std::expected<engine::MailCall, core::Failure> read() {
        read_addresses();
        read_texts();
        read_headers();
        read_attachments();
        mail_.server = reader_.text("server");
        mail_.verify_tls = reader_.flag("verify_tls", true);
        if (failure_) return std::unexpected{*std::move(failure_)};
        return std::move(mail_);
    }

private:
    void fail(std::string_view code, std::string message) {
        if (failure_) return;
        failure_ = engine::validation_failure(std::string{code}, std::move(message));
    }
    void add_address(std::string_view key, const Value& value,
                     std::vector<engine::MailAddress>& into) {
        if (!value.is_string()) return reader_.refuse(key, "an address or a list of addresses");
        auto address = read_mail_address(value.as_string());
        if (address) {
            into.push_back(*std::move(address));
        } else {
            fail("bad_address",
                 std::string{key} + ": " + shown(value) + " " + std::move(address.error()));
        }
    }
    std::vector<engine::MailAddress> addresses(std::string_view key) {
        std::vector<engine::MailAddress> list;
        const Value* const given = reader_.find(key);
        if (given == nullptr) return list;
        if (!given->is_array()) {
            add_address(key, *given, list);
            return list;
        }
        for (const Value& one : given->as_array())
            add_address(key, one, list);
        return list;
    }
    void read_addresses() {
        const std::vector<engine::MailAddress> from = addresses("from");
        mail_.to = addresses("to");
        mail_.cc = addresses("cc");
        mail_.bcc = addresses("bcc");
        mail_.reply_to = addresses("reply_to");
        if (from.size() != 1) fail("bad_address", "from must be one address");
        if (!from.empty()) mail_.from = from.front();
        const std::size_t count = mail_.to.size() + mail_.cc.size() + mail_.bcc.size();
        if (count == 0) fail("bad_address", "the mail has no recipient; give one in to");
        if (count > recipients_max) {
            fail("bad_address", "the mail has more than 1000 recipients; send several");
        }
    }
    void read_texts() {
        mail_.subject = reader_.text("subject");
        if (const std::string mistake = subject_mistake(mail_.subject); !mistake.empty()) {
            fail("bad_subject", "the subject " + mistake);
        }
        mail_.text = reader_.text("text");
        mail_.html = reader_.text("html");
        if (!reader_.has("text") && !reader_.has("html")) {
            fail("bad_field", "the mail has no body; give text, html or both");
        }
    }
    void read_headers() {
        const Value* const headers = reader_.find("headers");
        if (headers == nullptr) return;
        if (!headers->is_object()) return reader_.refuse("headers", "an object");
        for (const core::Member& header : headers->as_object()) {
            if (header.value.is_null()) continue;
            const std::string named = "header \"" + header.key + "\" ";
            if (const std::string mistake = header_mistake(header.key); !mistake.empty()) {
                return fail("bad_header", named + mistake);
            }
            if (!header.value.is_string()) return fail("bad_header", named + "must be a text");
            const std::string_view text = header.value.as_string();
            if (has_control(text)) {
                return fail("bad_header", named + "has a line break or control character");
            }
            if (text.size() > header_max) return fail("bad_header", named + "is too long");
            mail_.headers.emplace_back(header.key, text);
        }
    }
    void read_attachments() {
        const Value* const list = reader_.find("attachments");
        if (list == nullptr) return;
        if (!list->is_array()) {
            return reader_.refuse("attachments", "a list of {name, content} or {name, uri}");
        }
        for (std::size_t i = 0; i < list->size(); ++i) {
            FieldReader one{list->as_array()[i], "/data/attachments/" + std::to_string(i),
                            failure_};
            mail_.attachments.push_back(attachment(one));
        }
    }
    engine::MailAttachment attachment(FieldReader& reader) {
        engine::MailAttachment made;
        made.uri = reader.text("uri");
        made.name = reader.text("name");
        if (made.name.empty()) made.name = made.uri.substr(made.uri.rfind('/') + 1);
        made.content_type = reader.text("content_type");
        if (made.content_type.empty()) made.content_type = media_type_of(made.name).value_or("");
        const Value* const content = reader.find("content");
        if ((content == nullptr) == made.uri.empty()) {
            fail("bad_attachment", "an attachment has either content or the uri of a file");
        }
        if (made.uri.find("://") != std::string::npos && !made.uri.starts_with("file://")) {
            fail("bad_attachment", "attachment " + made.uri +
                                       ": only files can be attached by their uri; fetch others "
                                       "with http.request and give their content");
        }
        if (made.name.empty() || has_control(made.name) || has_control(made.content_type)) {
            fail("bad_attachment", "an attachment needs a name without control characters");
        }
        if (content != nullptr) made.content = content_text(*content);
        return made;
    }
    static std::string content_text(const Value& content) {
        if (content.is_string()) return std::string{content.as_string()};
        if (content.is_bytes()) return {content.as_bytes().begin(), content.as_bytes().end()};
        return core::to_json(content);
    }

    std::optional<core::Failure> failure_;
    FieldReader reader_;
    engine::MailCall mail_;
};

void check_addresses(const Value& data, std::string_view key, const std::string& pointer,
                     core::Problems& problems) {
    const Value* const given = data.find(key);
    if (given == nullptr) return;
    const std::string place = core::pointer_child(pointer, key);
    const auto check = [&problems](const Value& one, const std::string& path) {
        if (!one.is_string() || is_template(one)) return;
        const auto read = read_mail_address(one.as_string());
        if (read) return;
        add_problem(problems, core::ProblemCode::bad_value, path, "the address " + read.error());
    };
    if (!given->is_array()) return check(*given, place);
    for (std::size_t i = 0; i < given->size(); ++i)
        check(given->as_array()[i], core::pointer_child(place, std::to_string(i)));
}

}  // namespace

std::expected<engine::MailCall, core::Failure> make_mail(const Value& data) {
    return MailReader{data}.read();
}

void check_mail_data(const Value& data, const std::string& pointer, core::Problems& problems) {
    using core::ProblemCode;
    for (const std::string_view key : {"from", "to", "cc", "bcc", "reply_to"})
        check_addresses(data, key, pointer, problems);
    if (const auto subject = fixed_text(data, "subject")) {
        if (const std::string mistake = subject_mistake(*subject); !mistake.empty()) {
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "subject"),
                        "the subject " + mistake);
        }
    }
    if (data.find("text") == nullptr && data.find("html") == nullptr) {
        add_problem(problems, ProblemCode::missing_key, pointer,
                    "the mail has no body; give text, html or both");
    }
    const Value* const headers = data.find("headers");
    if (headers == nullptr || !headers->is_object()) return;
    const std::string place = core::pointer_child(pointer, "headers");
    for (const core::Member& header : headers->as_object()) {
        const std::string mistake = header_mistake(header.key);
        if (mistake.empty()) continue;
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(place, header.key),
                    "header \"" + header.key + "\" " + mistake);
    }
}

}  // namespace millrace::nodes
