// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "pages/form_pages.hpp"
#include "pages/page.hpp"
#include "pages/wait_pages.hpp"

namespace millrace::server {
namespace {

using core::Value;
using ::testing::HasSubstr;
using ::testing::Not;

Value json(std::string_view text) {
    return core::parse_json(text).value();
}

const Value registration = json(R"({"path":"events/register","title":"<Register>","fields":{
    "required":["mail"],"properties":{
        "mail":{"type":"string","format":"email","title":"Mail","description":"Only for this"},
        "days":{"type":"array","items":{"enum":["Mo","Tu"]}}}}})");

Response form(const FormState& state, int status = 200) {
    return form_page(registration, *make_form(*registration.find("fields")), state, "once", status);
}

store::Wait approval() {
    store::Wait wait;
    wait.what = store::WaitWhat::approval;
    wait.workflow_id = "pay";
    wait.opened_at = *core::Time::parse("2026-11-01T09:05:00Z");
    wait.details = json(R"({"title":"Pay <900>?","message":"One\n\nTwo"})");
    return wait;
}

TEST(FormPage, TiesLabelsHintsAndMessagesToFields) {
    const std::string page = form({{{"mail", "\"x"}}, true, {{"mail", "Enter a mail"}}}, 422).body;
    EXPECT_THAT(page, HasSubstr("<label for=\"f-mail\">Mail</label>"));
    EXPECT_THAT(page, HasSubstr("aria-describedby=\"f-mail-hint f-mail-error\""));
    EXPECT_THAT(page, HasSubstr("aria-invalid=\"true\""));
    EXPECT_THAT(page, HasSubstr("value=\"&quot;x\""));
    EXPECT_THAT(page, HasSubstr("role=\"alert\""));
    EXPECT_THAT(page, HasSubstr("<a href=\"#f-mail\">Enter a mail</a>"));
    EXPECT_THAT(page, HasSubstr("<fieldset><legend>Days"));
    EXPECT_THAT(page, HasSubstr("<title>Error: &lt;Register&gt;</title>"));
}

TEST(Pages, RunAndLoadNothing) {
    const Response page = form({});
    const std::string policy = *page.headers.find("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
    EXPECT_THAT(policy, HasSubstr("form-action 'self';"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(page.body, Not(HasSubstr("<script")));
    EXPECT_THAT(page.body, Not(HasSubstr("src=")));
    EXPECT_THAT(page.body, HasSubstr("<html lang=\"en\">"));
    EXPECT_EQ(*page.headers.find("Cache-Control"), "no-store");
    // Nothing in it says where it is, so that it may be anywhere.
    EXPECT_THAT(page.body, Not(HasSubstr("action=")));
    EXPECT_THAT(page.body, Not(HasSubstr("href=\"/")));
}

TEST(FormPage, LeadsWhereItsAuthorSays) {
    EXPECT_EQ(after_sending(registration, "events/register"), "./register?sent=1");
    const Value led = json(R"({"path":"a","redirect":"https://example.com/thanks?x=1",
                               "fields":{"properties":{"a":{"type":"string"}}}})");
    EXPECT_EQ(after_sending(led, "a"), "https://example.com/thanks?x=1");
    const Response page = form_page(led, *make_form(*led.find("fields")), {}, "once");
    EXPECT_THAT(*page.headers.find("Content-Security-Policy"),
                HasSubstr("form-action 'self' https://example.com;"));
}

TEST(ApprovalPage, AsksWhoDecides) {
    store::Wait wait = approval();
    EXPECT_THAT(approval_page(wait, {}).body, HasSubstr("Your name"));
    wait.details = json(R"({"title":"Pay?","approvers":["Ada","Grace"]})");
    const std::string page = approval_page(wait, {}).body;
    EXPECT_THAT(page, HasSubstr("value=\"Grace\""));
    EXPECT_THAT(page, HasSubstr("name=\"_decision\" value=\"approve\""));
    // Whoever presses Enter in a field decides nothing.
    EXPECT_LT(page.find("disabled"), page.find("name=\"_decision\""));
}

TEST(ClosedPage, TellsWhoAndWhen) {
    store::Wait wait = approval();
    wait.state = store::WaitState::answered;
    wait.closed_at = *core::Time::parse("2026-11-21T17:30:00Z");
    wait.answer = json(R"({"approved":false,"by":"Ada","reason":"Too much"})");
    const Response page = closed_page(wait);
    EXPECT_EQ(page.status, 410);
    EXPECT_THAT(page.body, HasSubstr("This was rejected already"));
    EXPECT_THAT(page.body, HasSubstr("Ada"));
    EXPECT_THAT(page.body, HasSubstr("Too much"));
    EXPECT_THAT(page.body, HasSubstr("21 November 2026, 17:30 UTC"));
    EXPECT_EQ(closed_text(wait), "this was rejected already by Ada on 21 November 2026, 17:30 UTC");
    wait.state = store::WaitState::expired;
    EXPECT_THAT(closed_page(wait).body, HasSubstr("The time is over"));
    EXPECT_THAT(closed_page(wait).body, Not(HasSubstr("Decided by")));
}

}  // namespace
}  // namespace millrace::server
