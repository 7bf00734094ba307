// SPDX-License-Identifier: Apache-2.0
#include "mail/mail_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/mail_text.hpp"

namespace millrace::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr core::Time example{784'111'777'000};

engine::MailCall plain() {
    engine::MailCall call;
    call.from = {"", "shop@example.com"};
    call.to = {{"", "ada@example.org"}};
    call.subject = "Hello";
    call.text = "Hi Ada,\nwelcome.";
    return call;
}

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find("\r\n", at), text.size());
        longest = std::max(longest, end - at);
        at = end + 2;
    }
    return longest;
}

TEST(MailMessage, OfPlainText) {
    EXPECT_EQ(mail_message(plain(), "k1", example, {}),
              "Date: Sun, 06 Nov 1994 08:49:37 +0000\r\n"
              "Message-ID: <k1@example.com>\r\n"
              "From: shop@example.com\r\n"
              "To: ada@example.org\r\n"
              "Subject: Hello\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "Hi Ada,\r\nwelcome.\r\n");
}

TEST(MailMessage, OfTextAndHtmlAndAttachments) {
    engine::MailCall call = plain();
    call.html = "<p>Hi</p>";
    call.attachments.push_back({"Angebot ü.pdf", "application/pdf", "", "%PDF"});
    const std::string message = mail_message(call, "k1", example, {"%PDF"});
    EXPECT_THAT(message, HasSubstr("multipart/mixed"));
    EXPECT_THAT(message, HasSubstr("multipart/alternative"));
    EXPECT_THAT(message, HasSubstr("text/html; charset=utf-8"));
    EXPECT_THAT(message, HasSubstr("filename*=UTF-8''Angebot%20%C3%BC.pdf"));
    EXPECT_THAT(message, HasSubstr("\r\n\r\nJVBERg==\r\n"));
    EXPECT_TRUE(message.ends_with("--=_millrace_k1_mixed--\r\n"));
}

TEST(MailMessage, OfHtmlAlone) {
    engine::MailCall call = plain();
    call.text.clear();
    call.html = "<p>Hi</p>";
    EXPECT_THAT(mail_message(call, "k1", example, {}), Not(HasSubstr("multipart")));
}

TEST(MailMessage, NeverTellsOfBlindCopies) {
    engine::MailCall call = plain();
    call.bcc = {{"", "boss@example.com"}};
    EXPECT_THAT(mail_message(call, "k1", example, {}), Not(HasSubstr("boss")));
}

TEST(MailMessage, KeepsLinesShort) {
    engine::MailCall call = plain();
    for (int i = 0; i < 60; ++i) {
        call.to.push_back({"Ada Lovelace", "ada" + std::to_string(i) + "@example.org"});
        call.subject += " Überraschung";
        call.text += " Überraschung und noch viel mehr";
    }
    EXPECT_LE(longest_line(mail_message(call, "k1", example, {})), 100u);
}

TEST(MailText, EncodesWhatIsBeyondAscii) {
    EXPECT_EQ(header_words("Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
    EXPECT_EQ(header_words("=?x"), "=?UTF-8?B?PT94?=");
    EXPECT_EQ(header_words("plain words"), "plain words");
}

TEST(MailText, CutsEncodedWordsBetweenCharacters) {
    std::string text = "x";
    for (int i = 0; i < 40; ++i)
        text += "ü";
    EXPECT_EQ(header_words(text).find("?=\r\n =?UTF-8?B?"), 10 + 60u);
}

TEST(MailText, QuotesNames) {
    const std::vector<engine::MailAddress> one{{"Smith, \"J\"", "j@example.org"}};
    EXPECT_EQ(address_list(one), "\"Smith, \\\"J\\\"\" <j@example.org>");
}

TEST(MailText, QuotedPrintable) {
    EXPECT_EQ(quoted_printable("a=b\n"), "a=3Db\r\n");
    EXPECT_EQ(quoted_printable("end \r\nü"), "end=20\r\n=C3=BC");
    EXPECT_EQ(quoted_printable(std::string(80, 'x')),
              std::string(75, 'x') + "=\r\n" + std::string(5, 'x'));
}

TEST(MailText, DatesAreOfTheGregorianCalendar) {
    EXPECT_EQ(mail_date({0}), "Thu, 01 Jan 1970 00:00:00 +0000");
    EXPECT_EQ(mail_date({951'782'400'000}), "Tue, 29 Feb 2000 00:00:00 +0000");
}

}  // namespace
}  // namespace millrace::runtime
