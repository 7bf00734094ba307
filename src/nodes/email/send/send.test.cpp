// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "email/send/mail_address.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::NodeRun;
using ::testing::Pair;
using testing::problems_of;

engine::MailCall mail_of(std::string_view data) {
    const auto outcome = NodeRun{json(data)}.start(email_send());
    const auto* const request = std::get_if<engine::EffectRequest>(&outcome);
    EXPECT_NE(request, nullptr) << testing::failure_of(outcome).message;
    return request == nullptr ? engine::MailCall{} : std::get<engine::MailCall>(*request);
}

core::Failure failure_of(std::string_view more) {
    core::ObjectBuilder data;
    for (const core::Value& part :
         {json(R"({"from":"a@b.de","to":"c@d.de","subject":"s","text":"t"})"), json(more)}) {
        for (const core::Member& member : part.as_object())
            data.set(member.key, member.value);
    }
    return testing::failure_of(NodeRun{std::move(data).build()}.start(email_send()));
}

TEST(EmailSend, MakesAMail) {
    const auto mail = mail_of(R"({"from":"Shop <shop@example.com>","to":["ada@example.org",
        "\"Smith, J\" <j@example.org>"],"cc":"c@example.org","subject":"Hi","text":"Hello",
        "headers":{"X-Order":"7"},"server":"smtp://127.0.0.1:25"})");
    EXPECT_EQ(mail.from.name, "Shop");
    EXPECT_EQ(mail.from.address, "shop@example.com");
    ASSERT_EQ(mail.to.size(), 2u);
    EXPECT_EQ(mail.to[1].name, "Smith, J");
    EXPECT_THAT(mail.headers, ElementsAre(Pair("X-Order", "7")));
    EXPECT_EQ(mail.server, "smtp://127.0.0.1:25");
}

TEST(EmailSend, AttachesContentsAndFiles) {
    const auto mail = mail_of(R"({"from":"a@b.de","to":"c@d.de","subject":"s","text":"t",
        "attachments":[{"name":"a.json","content":{"a":1}},{"uri":"file:reports/b.pdf"}]})");
    EXPECT_EQ(mail.attachments.at(0).content, R"({"a":1})");
    EXPECT_EQ(mail.attachments.at(0).content_type, "application/json");
    EXPECT_EQ(mail.attachments.at(1).name, "b.pdf");
    EXPECT_EQ(mail.attachments.at(1).uri, "file:reports/b.pdf");
}

TEST(EmailSend, RefusesWhatIsNoMail) {
    EXPECT_EQ(failure_of(R"({"to":"nobody"})").code, "bad_address");
    EXPECT_EQ(failure_of(R"({"to":[]})").code, "bad_address");
    EXPECT_EQ(failure_of(R"({"from":["a@b.de","c@d.de"]})").code, "bad_address");
    EXPECT_EQ(failure_of(R"({"text":null})").code, "bad_field");
    EXPECT_EQ(failure_of(R"({"subject":")" + std::string(256, 'x') + "\"}").code, "bad_subject");
    EXPECT_EQ(failure_of(R"({"headers":{"Subject":"x"}})").code, "bad_header");
    EXPECT_EQ(failure_of(R"({"attachments":[{"name":"x"}]})").code, "bad_attachment");
    EXPECT_EQ(failure_of(R"({"attachments":[{"uri":"http://a/b"}]})").code, "bad_attachment");
}

TEST(EmailSend, KeepsHeadersFromBeingInjected) {
    EXPECT_EQ(failure_of(R"({"subject":"Hi\r\nBcc: x@y.de"})").code, "bad_subject");
    EXPECT_EQ(failure_of(R"({"to":"c@d.de\r\nBcc: x@y.de"})").code, "bad_address");
    EXPECT_EQ(failure_of(R"({"from":"A\nBcc: x <a@b.de>"})").code, "bad_address");
    EXPECT_EQ(failure_of(R"({"headers":{"X-A":"b\r\nBcc: x@y.de"}})").code, "bad_header");
    EXPECT_EQ(failure_of(R"({"headers":{"X-A: b\r\nBcc":"x@y.de"}})").code, "bad_header");
    EXPECT_EQ(failure_of(R"({"attachments":[{"name":"a\r\nb","content":""}]})").code,
              "bad_attachment");
}

TEST(EmailSend, CountsCharactersOfASubject) {
    std::string subject;
    for (int i = 0; i < 255; ++i)
        subject += "ü";
    EXPECT_EQ(failure_of(R"({"subject":")" + subject + "\"}").code, "");
}

TEST(EmailSend, SaysBeforeTheRunWhatIsWrong) {
    EXPECT_THAT(problems_of(email_send(), R"({"from":"x","to":["{{ input.to }}","y"],
        "subject":"s","text":"t","headers":{"Date":"now"}})"),
                ElementsAre("bad_value /data/from", "bad_value /data/to/1",
                            "bad_value /data/headers/Date"));
    EXPECT_THAT(problems_of(email_send(), R"({"from":"a@b.de","to":"c@d.de","subject":"s"})"),
                ElementsAre("missing_key /data"));
    EXPECT_THAT(
        problems_of(email_send(), R"({"from":"a@b.de","to":"c@d.de","subject":"s","html":"h"})"),
        IsEmpty());
}

TEST(MailAddress, IsReadOrRefused) {
    for (const std::string_view good :
         {"a@b.de", "first.last+tag@sub.example.com", "o'neil@example.com", "root@localhost"}) {
        EXPECT_TRUE(read_mail_address(good)) << good;
    }
    for (const std::string_view bad :
         {"", "a", "@b.de", "a@", "a@b..de", ".a@b.de", "a b@c.de", "a@-b.de", "a@b.de>", "ü@b.de",
          "<a@b.de", "a@b.de, c@d.de", "a@[127.0.0.1]"}) {
        EXPECT_FALSE(read_mail_address(bad)) << bad;
    }
    EXPECT_THAT(read_mail_address("a@b.de, c@d.de").error(), HasSubstr("list"));
    EXPECT_EQ(read_mail_address(R"("A \"B\" C" <a@b.de>)")->name, "A \"B\" C");
}

}  // namespace
}  // namespace millrace::nodes
