// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "server_process.hpp"
#include "testing/smtp_sink.hpp"

// The example that waits for people: form, mail, link, page, and the welcome, as a person's browser
// and mail program would do it.

namespace millrace::testing {
namespace {

using runtime::testing::ReceivedMail;
using runtime::testing::SmtpSink;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// Without the line breaks and escapes of quoted-printable, as far as mails of this test have them.
std::string plain(std::string text) {
    const auto replace_all = [&text](std::string_view what, std::string_view with) {
        for (std::size_t at = text.find(what); at != std::string::npos;
             at = text.find(what, at + with.size()))
            text.replace(at, what.size(), with);
    };
    replace_all("=\r\n", "");
    replace_all("=3D", "=");
    return text;
}

class Onboarding : public ServerTest {
protected:
    void SetUp() override {
        serve();
        server().put("/api/v1/variables/smtp", Value::object({{"value", sink.url()}}));
        const Finished applied =
            millrace({"apply", MILLRACE_EXAMPLES_DIR "/onboarding", "--activate"});
        ASSERT_EQ(applied.status, 0) << applied.err;
    }

    HttpAnswer browse(const std::string& target) {
        return server().request({"GET", target, {{"Accept", "text/html"}}, ""});
    }
    HttpAnswer submit(const std::string& target, std::string body) {
        return server().request(
            {"POST",
             target,
             {{"Accept", "text/html"}, {"Content-Type", std::string{form_type}}},
             std::move(body)});
    }

    /// The n-th mail, from 0, once it is there.
    ReceivedMail mail(std::size_t n) {
        for (int i = 0; i < 4'000 && sink.mails().size() <= n; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        const std::vector<ReceivedMail> all = sink.mails();
        EXPECT_GT(all.size(), n);
        return all.size() > n ? all[n] : ReceivedMail{};
    }

    /// Path of the link in a mail.
    std::string link_in(const ReceivedMail& received) {
        const std::string text = plain(received.content);
        const std::string begin = server().url() + "/wait/";
        const std::size_t at = text.find(begin);
        EXPECT_NE(at, std::string::npos) << text;
        if (at == std::string::npos) return "/wait/none";
        const std::size_t end = text.find_first_of("\r\n", at);
        return text.substr(at + server().url().size(), end - at - server().url().size());
    }

    /// The mail is there a moment before the execution waits.
    HttpAnswer until_asked(const std::string& link) {
        HttpAnswer answer = browse(link);
        for (int i = 0; i < 4'000 && answer.status == 409; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
            answer = browse(link);
        }
        return answer;
    }

    std::string only_execution() { return executions().at(0); }
    std::string status_of(const std::string& id) {
        return std::string{at(server().get_json("/api/v1/executions/" + id), "status").as_string()};
    }
    /// Once it has ended.
    Value ended(const std::string& id) {
        for (int i = 0; i < 4'000; ++i) {
            const Value body = server().get_json("/api/v1/executions/" + id);
            const std::string status{at(body, "status").as_string()};
            if (status == "completed" || status == "failed" || status == "canceled") return body;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        ADD_FAILURE() << "execution " << id << " did not end";
        return {};
    }

    SmtpSink sink;
};

TEST_F(Onboarding, WelcomesWhoConfirmsByTheLinkInTheMail) {
    const HttpAnswer page = browse("/forms/register");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, AllOf(HasSubstr("Join the club"), HasSubstr("Your e-mail address"),
                                 Not(HasSubstr("<script"))));
    EXPECT_EQ(submit("/forms/register", "name=Ada&email=nowhere").status, 422);
    const HttpAnswer sent = submit("/forms/register", "name=Ada&email=ada%40example.com");
    ASSERT_EQ(sent.status, 303) << sent.body;
    const ReceivedMail asked = mail(0);
    EXPECT_EQ(asked.header("Subject"), "Please confirm your address");
    const std::string link = link_in(asked);

    EXPECT_EQ(until_asked(link).status, 200);
    // Mail programs look at links before people do.
    for (int looks = 0; looks < 3; ++looks) {
        const HttpAnswer looked = browse(link);
        EXPECT_EQ(looked.status, 200);
        EXPECT_THAT(looked.body, HasSubstr("Did you register at the club?"));
    }
    const std::string id = only_execution();
    EXPECT_EQ(status_of(id), "waiting");
    EXPECT_EQ(sink.mails().size(), 1u);

    const HttpAnswer decided = submit(link, "_decision=approve&_by=Ada");
    EXPECT_LT(decided.status, 400) << decided.body;
    EXPECT_EQ(mail(1).header("Subject"), "Welcome, Ada!");
    const Value execution = ended(id);
    EXPECT_EQ(at(execution, "outputs"), json(R"({"email": "ada@example.com", "welcome": true})"));
    EXPECT_EQ(at(execution, "nodes.confirm.outputs.out.by"), Value{"Ada"});

    const HttpAnswer late = submit(link, "_decision=reject&_by=Ada");
    EXPECT_EQ(late.status, 410);
    EXPECT_THAT(browse(link).body, HasSubstr("Ada"));
}

TEST_F(Onboarding, IsAnsweredByCommandsAcrossARestart) {
    ASSERT_EQ(submit("/forms/register", "name=Bo&email=bo%40example.com").status, 303);
    const std::string link = link_in(mail(0));
    EXPECT_EQ(until_asked(link).status, 200);
    server().kill_now();
    const Finished listed = millrace({"waits", "list"});
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_THAT(listed.out, AllOf(HasSubstr("confirm"), HasSubstr("onboarding"),
                                  HasSubstr("an approval: Did you register")));
    server().restart();
    EXPECT_EQ(browse(link).status, 200);
    const std::string id = only_execution();
    const Finished nobody = millrace(
        {"executions", "answer", id, "confirm", "--reject", "--by", "Eve", "--reason", "no"});
    EXPECT_EQ(nobody.status, 1);
    EXPECT_THAT(nobody.err, HasSubstr("This is not for Eve to decide"));
    const Finished answered = millrace(
        {"executions", "answer", id, "confirm", "--reject", "--by", "Bo", "--reason", "not me"});
    EXPECT_EQ(answered.status, 0) << answered.err;
    EXPECT_EQ(json(answered.out), json(R"({"email": "bo@example.com", "welcome": false})"));
    EXPECT_EQ(browse(link).status, 410);
    EXPECT_THAT(millrace({"waits", "list", "--execution", id}).out, HasSubstr("answered"));
}

}  // namespace
}  // namespace millrace::testing
