// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "routes/routes.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

using ::testing::HasSubstr;

class FormRoutes : public testing::RouteFixture {
protected:
    FormRoutes() : RouteFixture{{add_workflow_routes, add_execution_routes, add_form_routes}} {}

    /// Opens a form at `/forms/contact`; its workflow takes what `inputs` says.
    void open_form(const std::string& inputs) {
        ASSERT_GT(save(R"({"millrace": 1, "id": "contact", "inputs": )" + inputs + R"(,
            "nodes": [{"id": "form", "type": "trigger.form", "data": {"path": "contact",
                "fields": {"properties": {"name": {"type": "string"}}}}}], "connections": []})"),
                  0U);
        const Response opened = post("/api/v1/workflows/contact/activate", "{}");
        ASSERT_EQ(opened.status, 200) << opened.body;
    }
    Response send_form(const std::string& body) {
        return send(Method::post, "/forms/contact", body,
                    {{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}});
    }
};

TEST_F(FormRoutes, KeepWhatWasFilledInWhenItCannotBeTaken) {
    open_form("{}");
    runtime().stop();
    const Response page = send_form("name=Ada");
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(*page.headers.find("Retry-After"), "5");
    EXPECT_THAT(page.body, HasSubstr("value=\"Ada\""));
    EXPECT_THAT(page.body, HasSubstr("Nothing is lost"));
}

TEST_F(FormRoutes, TellWhatTheWorkflowDoesNotTake) {
    open_form(R"({"properties": {"name": {"minLength": 5}}})");
    const Response page = send_form("name=Ada");
    EXPECT_EQ(page.status, 422);
    EXPECT_THAT(page.body, HasSubstr("value=\"Ada\""));
    EXPECT_EQ(send_form("name=Grace").status, 303);
}

TEST_F(FormRoutes, StartOneExecutionHoweverOftenOneIsSent) {
    open_form("{}");
    const auto sent_once = [this](const std::string& once) {
        EXPECT_EQ(send_form("name=Ada&_once=" + once).status, 303);
        return *body_of(get("/api/v1/executions")).find("items");
    };
    const auto shown_once = [this] {
        const std::string page = get("/forms/contact").body;
        const std::string before = R"(name="_once" value=")";
        const std::size_t at = page.find(before) + before.size();
        return page.substr(at, page.find('"', at) - at);
    };
    const std::string once = shown_once();
    const auto first = sent_once(once);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(sent_once(once).size(), 1U);
    const std::string id{first.as_array().front().find("id")->as_string()};
    ended(id);
    EXPECT_EQ(del("/api/v1/executions/" + id).status, 204);
    ahead = core::Duration{6LL * 86'400'000};
    EXPECT_EQ(sent_once(once).size(), 0U) << "it was done, though it is not there any more";
    EXPECT_EQ(sent_once(shown_once()).size(), 1U);
}

}  // namespace
}  // namespace millrace::server
