// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "executor.hpp"
#include "failures.hpp"
#include "millrace/core/json.hpp"
#include "millrace/runtime/webhook_signature.hpp"
#include "testing/harvest.hpp"
#include "testing/http_server.hpp"

namespace millrace::runtime {
namespace {

using core::Value;
using engine::Completion;
using testing::Harvest;
using ::testing::HasSubstr;
using testing::HttpServer;
using ::testing::Not;
using testing::Reply;
using testing::ServedRequest;

/// Credentials that are not secret, and a mask that shows what it has been told.
class KnownCredentials final : public Credentials {
public:
    std::map<std::string, Credential> known;
    /// What the next one gets, as if others had come between since it asked.
    std::optional<Credential> read_long_ago;

    std::expected<Credential, core::Failure> resolve(const std::string& name,
                                                     std::span<const std::string>) override {
        const std::scoped_lock lock{mutex};
        const auto at = known.find(name);
        if (at == known.end()) return refused("unknown_credential", "no " + name);
        if (read_long_ago) return *std::exchange(read_long_ago, std::nullopt);
        return at->second;
    }
    std::expected<std::string, core::Failure> secret(const std::string& name) override {
        const auto at = known.find(name);
        if (at == known.end()) return refused("unknown_secret", "no " + name);
        return std::string{at->second.text("value")};
    }
    core::Value without_secrets(const core::Value& value) const override { return value; }
    void replace_field(const Credential& credential, std::string_view field,
                       const std::string& text) override {
        const std::scoped_lock lock{mutex};
        core::ObjectBuilder changed;
        for (const core::Member& member : credential.fields.as_object())
            changed.set(member.key, member.key == field ? core::Value{text} : member.value);
        known[credential.name].fields = std::move(changed).build();
    }
    void keep_secret(std::string_view value) override { kept += value; }
    std::string masked(std::string_view text) const override { return std::string{text}; }
    void mask(core::Failure& failure) const override { failure.message += " (masked)"; }
    std::string kept;
    std::mutex mutex;
};

class GivesStatus final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall&) const override { return engine::Emit{}; }
    std::expected<Value, core::Failure> finish(const engine::HttpCall&,
                                               const engine::HttpAnswer& answer) const override {
        return Value{answer.status};
    }
};

class ExecutorAuth : public ::testing::Test {
protected:
    ExecutorAuth() {
        definition->behaviour = std::make_shared<GivesStatus>();
        ExecutorOptions options;
        options.credentials = credentials;
        executor = std::make_unique<Executor>(
            options, functions, [this](std::span<Completion> done) { completed.add_all(done); });
    }
    void add(std::string type, Value fields) {
        credentials->known["api"] = {"api", std::move(type), std::move(fields)};
    }
    Completion call(std::string url, std::string credential = "api") {
        engine::Effect effect;
        effect.run.node = {++calls};
        effect.request = engine::HttpCall{.url = std::move(url)};
        effect.definition = definition;
        effect.credential = std::move(credential);
        std::vector<engine::Effect> effects;
        effects.push_back(std::move(effect));
        executor->perform(std::move(effects));
        return completed.wait_for(calls).back();
    }
    static core::Failure failure_of(const Completion& done) {
        const auto* const failure = std::get_if<core::Failure>(&done.outcome);
        return failure == nullptr ? core::Failure{} : *failure;
    }
    static std::int64_t status_of(const Completion& done) {
        const auto* const ports = std::get_if<std::vector<engine::PortValue>>(&done.outcome);
        return ports == nullptr ? 0 : ports->at(0).value.as_integer();
    }

    std::shared_ptr<engine::NodeDefinition> definition = std::make_shared<engine::NodeDefinition>();
    std::shared_ptr<KnownCredentials> credentials = std::make_shared<KnownCredentials>();
    Functions functions;
    Harvest<Completion> completed;
    std::uint32_t calls = 0;
    std::unique_ptr<Executor> executor;
};

TEST_F(ExecutorAuth, SendsWhatTheCredentialSays) {
    HttpServer server{[](const ServedRequest&) { return Reply{}; }};
    add("http.bearer", Value::object({{"token", "t1"}}));
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    EXPECT_EQ(server.requests().at(0).header("authorization"), "Bearer t1");
    add("http.api_key", Value::object({{"name", "key"}, {"value", "a b"}, {"in", "query"}}));
    EXPECT_EQ(status_of(call(server.url("/a?x=1"))), 200);
    EXPECT_EQ(server.requests().at(1).target, "/a?x=1&key=a%20b");
}

TEST_F(ExecutorAuth, SignsWhatIsSent) {
    HttpServer server{[](const ServedRequest&) { return Reply{}; }};
    add("webhook.signature", Value::object({{"scheme", "generic"}, {"secret", "key"}}));
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    const ServedRequest sent = server.requests().at(0);
    const HeaderPairs expected = sign_message({}, "key", sent.body, "", {});
    EXPECT_EQ(sent.header("x-signature"), expected.front().second);
    add("webhook.signature",
        Value::object({{"scheme", "github"}, {"secret", "k"}, {"header", "X"}}));
    EXPECT_EQ(failure_of(call(server.url("/a"))).code, "bad_credential");
}

TEST_F(ExecutorAuth, FailsWithoutTheCredential) {
    EXPECT_EQ(failure_of(call("http://127.0.0.1:1/", "other")).code, "unknown_credential");
    EXPECT_THAT(failure_of(completed.wait_for(1)[0]).message, HasSubstr("(masked)"));
}

TEST_F(ExecutorAuth, TellsNoOtherOriginOfTheCredential) {
    HttpServer other{[](const ServedRequest&) { return Reply{}; }};
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target == "/there") return Reply{};
        return Reply::redirect(302, request.target == "/away" ? other.url("/x") : "/there");
    }};
    add("http.api_key", Value::object({{"name", "X-Plain"}, {"value", "k"}}));
    call(server.url("/away"));
    EXPECT_FALSE(other.requests().at(0).has_header("x-plain"));
    call(server.url("/near"));
    EXPECT_EQ(server.requests().at(2).header("x-plain"), "k");
}

TEST_F(ExecutorAuth, FetchesATokenOnceAndUsesItAgain) {
    std::atomic<int> given = 0;
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target != "/token") return Reply{};
        return Reply::json(R"({"access_token":"t)" + std::to_string(++given) +
                           R"(","expires_in":3600})");
    }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "me"}, {"client_secret", "s"}}));
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    EXPECT_EQ(status_of(call(server.url("/b"))), 200);
    EXPECT_EQ(given, 1);
    EXPECT_EQ(server.requests().back().header("authorization"), "Bearer t1");
    EXPECT_EQ(credentials->kept, "t1");
}

TEST_F(ExecutorAuth, RenewsATokenOnceThatIsRefused) {
    std::atomic<int> given = 0;
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target == "/token") {
            return Reply::json(R"({"access_token":"t)" + std::to_string(++given) + R"("})");
        }
        const bool good =
            request.target == "/good" && request.header("authorization") != "Bearer t1";
        return Reply{.status = good ? 200 : 401};
    }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "me"}, {"client_secret", "s"}}));
    EXPECT_EQ(status_of(call(server.url("/good"))), 200);
    EXPECT_EQ(given, 2);
    EXPECT_EQ(status_of(call(server.url("/bad"))), 401);
    EXPECT_EQ(given, 3) << "once for each attempt, and no more";
}

TEST_F(ExecutorAuth, TriesTheSecretInTheBodyToo) {
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target != "/token") return Reply{};
        if (request.has_header("authorization")) return Reply{.status = 401};
        return Reply::json(R"({"access_token":"t"})");
    }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "me"}, {"client_secret", "s"}}));
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
}

TEST_F(ExecutorAuth, SaysWhyThereIsNoToken) {
    HttpServer server{[&](const ServedRequest&) {
        return Reply{.status = 400, .body = R"({"error":"invalid_scope"})"};
    }};
    add("oauth2", Value::object({{"token_url", server.url("/token")},
                                 {"client_id", "me"},
                                 {"client_secret", "hidden"}}));
    const core::Failure failure = failure_of(call(server.url("/a")));
    EXPECT_EQ(failure.code, "oauth2_failed");
    EXPECT_THAT(failure.message, HasSubstr("invalid_scope"));
    EXPECT_THAT(failure.message, Not(HasSubstr("hidden")));
}

TEST_F(ExecutorAuth, DoesNotAskAServerThatIsDownForEachCall) {
    std::atomic<int> asked = 0;
    HttpServer server{[&](const ServedRequest&) {
        ++asked;
        return Reply{.status = 503};
    }};
    const auto fields = [&](std::string_view secret) {
        return Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "me"}, {"client_secret", secret}});
    };
    add("oauth2", fields("s"));
    const core::Failure first = failure_of(call(server.url("/a")));
    const int once = asked;
    EXPECT_EQ(failure_of(call(server.url("/b"))).code, first.code);
    EXPECT_EQ(asked, once);
    add("oauth2", fields("another"));
    call(server.url("/c"));
    EXPECT_GT(asked, once) << "what has been mended is tried at once";
}

/// A token server that replaces each refresh token by the next, and takes none twice.
class RotatingServer {
public:
    Reply answer(const ServedRequest& request) {
        if (request.target != "/token") return Reply{};
        const std::scoped_lock lock{mutex};
        const std::string expected = "refresh_token=r" + std::to_string(used);
        bodies.push_back(request.body);
        if (!request.body.contains(expected)) return Reply{.status = 400};
        ++used;
        return Reply::json(R"({"access_token":"t)" + std::to_string(used) +
                           R"(","expires_in":3600,"refresh_token":"r)" + std::to_string(used) +
                           R"("})");
    }
    int used = 0;
    std::vector<std::string> bodies;
    std::mutex mutex;
};

TEST_F(ExecutorAuth, ExchangesARefreshTokenAndKeepsTheNextOne) {
    RotatingServer tokens;
    HttpServer server{[&](const ServedRequest& request) { return tokens.answer(request); }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "app"}, {"refresh_token", "r0"}}));
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    EXPECT_EQ(server.requests().back().header("authorization"), "Bearer t1");
    EXPECT_EQ(credentials->known["api"].text("refresh_token"), "r1");
    EXPECT_EQ(status_of(call(server.url("/b"))), 200);
    EXPECT_EQ(server.requests().back().header("authorization"), "Bearer t1");
    ASSERT_EQ(tokens.bodies.size(), 1u) << "the token is still good";
    EXPECT_EQ(tokens.bodies[0], "grant_type=refresh_token&refresh_token=r0&client_id=app");
}

TEST_F(ExecutorAuth, RefreshesOnceForAllWhoseTokenIsRefused) {
    RotatingServer tokens;
    std::atomic<int> refused = 0;
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target == "/token") return tokens.answer(request);
        const bool is_old = request.header("authorization") == "Bearer t1";
        if (is_old) ++refused;
        return Reply{.status = is_old ? 401 : 200};
    }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "app"}, {"refresh_token", "r0"}}));
    std::vector<engine::Effect> effects(4);
    for (engine::Effect& effect : effects) {
        effect.run.node = {++calls};
        effect.request = engine::HttpCall{.url = server.url("/a")};
        effect.definition = definition;
        effect.credential = "api";
    }
    executor->perform(std::move(effects));
    for (const Completion& done : completed.wait_for(4))
        EXPECT_EQ(status_of(done), 200);
    EXPECT_GE(refused, 1);
    EXPECT_EQ(tokens.used, 2) << "no refresh token is shown twice";
    EXPECT_EQ(credentials->known["api"].text("refresh_token"), "r2");
}

TEST_F(ExecutorAuth, RefreshesNothingForWhoHasReadAnOldRefreshToken) {
    RotatingServer tokens;
    HttpServer server{[&](const ServedRequest& request) {
        if (request.target == "/token") return tokens.answer(request);
        return Reply{.status = request.header("authorization") == "Bearer t1" ? 401 : 200};
    }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "app"}, {"refresh_token", "r0"}}));
    const Credential old = credentials->known["api"];
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    ASSERT_EQ(tokens.used, 2) << "the first token was refused";
    credentials->read_long_ago = old;
    EXPECT_EQ(status_of(call(server.url("/a"))), 200);
    EXPECT_EQ(server.requests().back().header("authorization"), "Bearer t2");
    EXPECT_EQ(tokens.used, 2);
}

TEST_F(ExecutorAuth, StopsWaitingForAToken) {
    const auto gate = std::make_shared<testing::Gate>();
    HttpServer server{[&](const ServedRequest&) { return Reply{.gate = gate}; }};
    add("oauth2",
        Value::object(
            {{"token_url", server.url("/token")}, {"client_id", "me"}, {"client_secret", "s"}}));
    std::thread aborter{[&] {
        server.wait_for_requests(1);
        const engine::Abort abort{{}, {0, {1}, 0}, 1};
        executor->abort({&abort, 1});
    }};
    EXPECT_EQ(failure_of(call(server.url("/a"))).error_class, core::ErrorClass::canceled);
    aborter.join();
    gate->open();
}

}  // namespace
}  // namespace millrace::runtime
