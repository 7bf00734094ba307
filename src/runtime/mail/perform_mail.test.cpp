// SPDX-License-Identifier: Apache-2.0
#include "mail/perform_mail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "mail/smtp_session.hpp"
#include "testing/fixed_surroundings.hpp"
#include "testing/smtp_sink.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using ::testing::ElementsAre;
using testing::FixedSurroundings;
using testing::Gate;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SmtpReply;
using testing::SmtpSink;

class PerformMail : public ::testing::Test {
protected:
    static engine::MailCall mail_to(const SmtpSink& sink) {
        engine::MailCall call;
        call.server = sink.url();
        call.from = {"Shop", "shop@example.com"};
        call.to = {{"", "ada@example.org"}};
        call.subject = "Order 7";
        call.text = "Hello";
        return call;
    }
    std::expected<Value, core::Failure> perform(const engine::MailCall& call,
                                                std::optional<Credential> credential = {}) {
        return perform_mail(call, credential, world.surroundings, world.facts());
    }
    /// The failure against a server that answers one kind of line in its own way.
    core::Failure failure_against(std::string line, SmtpReply reply) {
        const SmtpSink sink{[&](std::string_view given) -> std::optional<SmtpReply> {
            if (given.starts_with(line)) return reply;
            return std::nullopt;
        }};
        const auto result = perform(mail_to(sink));
        EXPECT_THAT(sink.mails(), ::testing::IsEmpty());
        return result ? core::Failure{} : result.error();
    }

    FixedSurroundings world;
};

TEST_F(PerformMail, HandsAMailOver) {
    const SmtpSink sink;
    engine::MailCall call = mail_to(sink);
    call.cc = {{"", "bob@example.org"}};
    call.bcc = {{"", "boss@example.com"}};
    call.text = "Hello\n.hidden dot\n..\n";
    const auto sent = perform(call);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(*sent->find("message_id"), Value{"<run-1@example.com>"});
    EXPECT_THAT(sent->find("response")->as_string(), HasSubstr("250 OK"));
    EXPECT_EQ(sent->find("accepted")->size(), 3u);
    ASSERT_EQ(sink.mails().size(), 1u);
    const testing::ReceivedMail mail = sink.mails()[0];
    EXPECT_EQ(mail.from, "shop@example.com");
    EXPECT_THAT(mail.recipients,
                ElementsAre("ada@example.org", "bob@example.org", "boss@example.com"));
    EXPECT_EQ(mail.header("subject"), "Order 7");
    EXPECT_EQ(mail.header("message-id"), "<run-1@example.com>");
    EXPECT_THAT(mail.content, HasSubstr("\r\n.hidden dot\r\n..\r\n"));
    EXPECT_THAT(mail.content, Not(HasSubstr("boss")));
}

TEST_F(PerformMail, AttachesAllowedFilesOnly) {
    const SmtpSink sink;
    world.folder.write("a.txt", "attached");
    engine::MailCall call = mail_to(sink);
    call.attachments.push_back({"a.txt", "text/plain", "file:a.txt", ""});
    ASSERT_TRUE(perform(call));
    EXPECT_THAT(sink.mails().at(0).content, HasSubstr("YXR0YWNoZWQ="));
    call.attachments[0].uri = "/etc/passwd";
    EXPECT_EQ(perform(call).error().code, "not_allowed");
}

TEST_F(PerformMail, LogsInWithACredential) {
    const SmtpSink sink;
    engine::MailCall call = mail_to(sink);
    const Credential credential{
        "shop-mail", "smtp",
        Value::object({{"server", sink.url()}, {"username", "ada"}, {"password", "secret"}})};
    EXPECT_EQ(perform(call, credential).error().code, "bad_server")
        << "a password must go nowhere but to its own server";
    call.server.clear();
    ASSERT_TRUE(perform(call, credential));
    EXPECT_EQ(sink.mails().at(0).user, "ada");
}

TEST_F(PerformMail, SendsNoPasswordInTheOpen) {
    const auto server = SmtpServer::parse("smtp://203.0.113.7");
    ASSERT_TRUE(server);
    EXPECT_EQ(server->url, "smtp://203.0.113.7");
    EXPECT_FALSE(SmtpServer::parse("smtp://user:word@host"));
    EXPECT_FALSE(SmtpServer::parse("http://host"));
    EXPECT_EQ(SmtpServer::parse("Mail.Example.com:2525")->url, "smtp://mail.example.com:2525");
    EXPECT_EQ(SmtpServer::parse("smtp://[::1]:25")->host, "::1");
}

TEST_F(PerformMail, SaysWhatTheServerSaid) {
    const core::Failure later = failure_against("RCPT", {.text = "451 try later"});
    EXPECT_EQ(later.code, "smtp_451");
    EXPECT_EQ(later.error_class, core::ErrorClass::connection);
    EXPECT_TRUE(later.recoverable);
    EXPECT_EQ(*later.details.find("response"), Value{"451 try later"});
    const core::Failure never = failure_against("RCPT", {.text = "550 no such user"});
    EXPECT_EQ(never.code, "smtp_550");
    EXPECT_EQ(never.error_class, core::ErrorClass::validation);
    EXPECT_FALSE(never.recoverable);
    EXPECT_EQ(failure_against("(content)", {.text = "554 spam"}).code, "smtp_554");
    EXPECT_EQ(failure_against("(greeting)", {.text = "421 busy", .close = true}).code, "smtp_421");
}

TEST_F(PerformMail, SurvivesServersThatHangUp) {
    for (const std::string line : {"(greeting)", "EHLO", "MAIL", "RCPT", "DATA"}) {
        const core::Failure lost = failure_against(line, SmtpReply::hang_up());
        EXPECT_EQ(lost.code, "connection_reset") << line << ": " << lost.message;
        EXPECT_TRUE(lost.recoverable) << line;
    }
}

TEST_F(PerformMail, IsRecognisableWhenItIsSentTwice) {
    std::atomic<int> sent = 0;
    const SmtpSink sink{[&](std::string_view line) -> std::optional<SmtpReply> {
        if (line == "(content)" && sent++ == 0) return SmtpReply::hang_up();
        return std::nullopt;
    }};
    EXPECT_EQ(perform(mail_to(sink)).error().code, "connection_reset");
    ASSERT_TRUE(perform(mail_to(sink)));
    ASSERT_EQ(sink.mails().size(), 2u);
    EXPECT_EQ(sink.mails()[0].header("message-id"), sink.mails()[1].header("message-id"));
}

TEST_F(PerformMail, IsGivenUpWhenItIsAskedTo) {
    for (const std::string line : {"(greeting)", "EHLO", "RCPT", "DATA"}) {
        const auto gate = std::make_shared<Gate>();
        const SmtpSink sink{[&](std::string_view given) -> std::optional<SmtpReply> {
            if (given.starts_with(line)) return SmtpReply{.text = "250 late", .gate = gate};
            return std::nullopt;
        }};
        std::thread stopper{[&] {
            sink.wait_for_line(line);
            world.stop.request_stop();
        }};
        EXPECT_EQ(perform(mail_to(sink)).error().error_class, core::ErrorClass::canceled) << line;
        stopper.join();
        gate->open();
        EXPECT_THAT(sink.mails(), ::testing::IsEmpty()) << line;
        world.stop = std::stop_source{};
    }
}

TEST_F(PerformMail, SendsNoHalfOfAMailThatIsGivenUp) {
    const SmtpSink sink{[&](std::string_view line) -> std::optional<SmtpReply> {
        // More than sockets hold is still to come when the first of it has been let in.
        if (line == "DATA") world.stop.request_stop();
        return std::nullopt;
    }};
    engine::MailCall call = mail_to(sink);
    call.text = std::string(30u << 20, 'x');
    EXPECT_EQ(perform(call).error().error_class, core::ErrorClass::canceled);
    EXPECT_THAT(sink.mails(), ::testing::IsEmpty());
}

TEST_F(PerformMail, DoesNotWaitForAServersFarewell) {
    const auto gate = std::make_shared<Gate>();
    const SmtpSink sink{[&](std::string_view line) -> std::optional<SmtpReply> {
        if (line == "QUIT") return SmtpReply{.text = "221 late", .gate = gate};
        return std::nullopt;
    }};
    EXPECT_TRUE(perform(mail_to(sink)));
    EXPECT_EQ(sink.mails().size(), 1u);
}

TEST_F(PerformMail, KeepsToTheEgressPolicy) {
    const SmtpSink sink;
    world.surroundings.egress = EgressPolicy::make({.deny = {"127.0.0.0/8"}}).value();
    EXPECT_EQ(perform(mail_to(sink)).error().code, "egress_denied");
    EXPECT_THAT(sink.lines(), ::testing::IsEmpty());
}

TEST_F(PerformMail, NeedsAServer) {
    const SmtpSink sink;
    engine::MailCall call = mail_to(sink);
    call.server.clear();
    EXPECT_EQ(perform(call).error().code, "no_server");
    call.server = "not a server";
    EXPECT_EQ(perform(call).error().code, "bad_server");
}

}  // namespace
}  // namespace millrace::runtime
