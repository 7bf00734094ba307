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

}  // namespace
}  // namespace millrace::server
