// SPDX-License-Identifier: Apache-2.0
#include "secrets/secret_filling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failures.hpp"
#include "secrets/secret_mask.hpp"

namespace millrace::runtime {
namespace {

using ::testing::HasSubstr;

class OneSecret final : public Credentials {
public:
    explicit OneSecret(std::string value) : value_{std::move(value)} {}
    std::expected<Credential, core::Failure> resolve(const std::string&,
                                                     std::span<const std::string>) override {
        return refused("unknown_credential", "none");
    }
    std::expected<std::string, core::Failure> secret(const std::string& name) override {
        if (name != "key") return refused("unknown_secret", "there is no secret " + name);
        return value_;
    }
    void replace_field(const Credential&, std::string_view, const std::string&) override {}
    void keep_secret(std::string_view) override {}
    std::string masked(std::string_view text) const override { return std::string{text}; }
    void mask(core::Failure&) const override {}
    core::Value without_secrets(const core::Value& value) const override { return value; }

private:
    std::string value_;
};

engine::Effect effect_with(engine::HttpCall call, std::string name = "key") {
    engine::Effect effect;
    effect.request = std::move(call);
    effect.secrets = {{std::move(name), "mrsecretan0z"}};
    return effect;
}

engine::HttpCall filled(engine::HttpCall call, std::string value) {
    OneSecret secrets{std::move(value)};
    engine::Effect effect = effect_with(std::move(call));
    EXPECT_TRUE(fill_secrets(effect, &secrets, nullptr).has_value());
    return std::get<engine::HttpCall>(effect.request);
}

TEST(FillSecrets, WritesThemAsTheirPlaceNeedsIt) {
    const engine::HttpCall call =
        filled({.url = "http://a/botmrsecretan0z/x?k=mrsecretan0z",
                .headers = {{"X-Key", "mrsecretan0z"}, {"Content-Type", "application/json"}},
                .body = R"({"k":"mrsecretan0z"})"},
               "12:a b/\"&");
    EXPECT_EQ(call.url, "http://a/bot12:a%20b%2F%22&/x?k=12%3Aa%20b%2F%22%26");
    EXPECT_EQ(call.headers[0].second, "12:a b/\"&");
    EXPECT_EQ(call.body, R"({"k":"12:a b/\"&"})");
}

TEST(FillSecrets, EncodesThemInForms) {
    const engine::HttpCall call =
        filled({.headers = {{"content-type", "application/x-www-form-urlencoded"}},
                .body = "k=mrsecretan0z"},
               "a&b");
    EXPECT_EQ(call.body, "k=a%26b");
}

TEST(FillSecrets, RefusesSeveralLinesInAHeader) {
    OneSecret secrets{"a\r\nX-Evil: 1"};
    engine::Effect effect = effect_with({.headers = {{"X-Key", "mrsecretan0z"}}});
    const auto done = fill_secrets(effect, &secrets, nullptr);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, "bad_secret");
    EXPECT_THAT(done.error().message, HasSubstr("the secret key has several lines"));
    EXPECT_THAT(done.error().message, ::testing::Not(HasSubstr("Evil")));
}

TEST(FillSecrets, RefusesThemInAHost) {
    OneSecret secrets{"hidden"};
    engine::Effect effect = effect_with({.url = "http://mrsecretan0z.test/"});
    const auto done = fill_secrets(effect, &secrets, nullptr);
    ASSERT_FALSE(done.has_value());
    EXPECT_THAT(done.error().message, HasSubstr("the secret key cannot stand in the host"));
}

TEST(FillSecrets, FailsWithoutTheSecret) {
    OneSecret secrets{"x"};
    engine::Effect effect = effect_with({}, "other");
    EXPECT_EQ(fill_secrets(effect, &secrets, nullptr).error().code, "unknown_secret");
    EXPECT_EQ(fill_secrets(effect, nullptr, nullptr).error().code, "unknown_secret");
}

TEST(FillSecrets, PutsLinksInTheirPlaces) {
    const auto links = Links::open({"https://flows.example.com/base", {}}).value();
    engine::Effect effect;
    effect.request = engine::MailCall{.subject = "Decide", .text = "Here: mrsecretan0z."};
    effect.secrets = {{"link:decide", "mrsecretan0z", engine::RunKey{0, core::NodeIndex{3}, 0}}};
    ASSERT_TRUE(fill_secrets(effect, nullptr, links.get()).has_value());
    const std::string link = links->link(effect.id, *effect.secrets[0].link).value();
    EXPECT_EQ(std::get<engine::MailCall>(effect.request).text, "Here: " + link + ".");
}

TEST(FillSecrets, FailWhereNobodyAnswersLinks) {
    const auto links = Links::open({}).value();
    engine::Effect effect;
    effect.secrets = {{"link:decide", "mrsecretan0z", engine::RunKey{}}};
    const auto done = fill_secrets(effect, nullptr, links.get());
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, "no_link");
    EXPECT_THAT(done.error().message, HasSubstr("MILLRACE_PUBLIC_URL"));
    EXPECT_EQ(fill_secrets(effect, nullptr, nullptr).error().code, "no_link");
}

TEST(SecretMask, HidesLinksOnceThereAreAny) {
    const std::string token(64, 'k');
    const std::string text = "see https://a.example.com/wait/" + token + "?x=1";
    SecretMask mask;
    EXPECT_EQ(mask.masked(text), text);
    mask.hide_links();
    EXPECT_EQ(mask.masked(text), "see https://a.example.com/wait/***?x=1");
    EXPECT_EQ(mask.masked("u=http%3A%2F%2Fa%2Fwait%2F" + token), "u=http%3A%2F%2Fa%2Fwait%2F***");
    EXPECT_EQ(mask.masked("http://a/wait/" + token.substr(0, 20)), "http://a/wait/***");
    EXPECT_EQ(mask.masked("wait/for it, wait, wait/a"), "wait/for it, wait, wait/a");
}

}  // namespace
}  // namespace millrace::runtime
