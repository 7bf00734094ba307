// SPDX-License-Identifier: Apache-2.0
#include "secrets/stored_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "millrace/store/open.hpp"
#include "testing/scratch_folder.hpp"

namespace millrace::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

core::Value json(std::string_view text) {
    return core::parse_json(text).value();
}

std::string refusal(std::string_view type, std::string_view fields) {
    const auto checked = check_credential(type, json(fields));
    return checked ? "accepted" : checked.error().message();
}

class CredentialsTest : public ::testing::Test {
protected:
    void put(const std::string& name, const std::string& type, std::string_view fields) {
        const auto vault = Vault::open(folder / "secret.key", store->secrets());
        ASSERT_TRUE((*vault)->put(store::SecretKind::credential, name, type, fields, core::Time{}));
    }
    std::string failure_of(const std::string& name, std::vector<std::string> accepted = {}) {
        const auto found = credentials.resolve(name, accepted);
        return found ? "found" : found.error().code + ": " + found.error().message;
    }

    testing::ScratchFolder folder;
    std::unique_ptr<store::Store> store = store::open_memory_store();
    StoredCredentials credentials{folder / "secret.key", store->secrets()};
};

}  // namespace

TEST(CredentialTypes, TakeTheirFieldsInOrderAndRefuseOthers) {
    const auto checked = check_credential("http.basic", json(R"({"password":"p","username":"u"})"));
    ASSERT_TRUE(checked) << checked.error().message();
    EXPECT_EQ(core::to_json(*checked), R"({"username":"u","password":"p"})");
    EXPECT_THAT(refusal("http.basic", R"({"username":"u"})"), HasSubstr("\"password\" is missing"));
    EXPECT_THAT(refusal("http.basic", R"({"username":"u","pasword":"p"})"),
                HasSubstr("did you mean \"password\"?"));
    EXPECT_THAT(refusal("http.bearer", R"({"token":7})"), HasSubstr("must be a text"));
    EXPECT_THAT(refusal("http.bearer", R"({"token":""})"), HasSubstr("is empty"));
    EXPECT_THAT(refusal("http.bearer", R"({"token":"a\nb"})"), HasSubstr("control character"));
    EXPECT_THAT(refusal("http.bearer", R"("token")"), HasSubstr("a JSON object"));
    EXPECT_THAT(refusal("http.baisc", "{}"), HasSubstr("did you mean \"http.basic\"?"));
}

TEST(CredentialTypes, CheckChoicesAndAddresses) {
    EXPECT_EQ(refusal("http.api_key", R"({"name":"k","value":"v"})"), "accepted");
    EXPECT_EQ(refusal("http.api_key", R"({"name":"k","value":"v","in":"query"})"), "accepted");
    EXPECT_THAT(refusal("http.api_key", R"({"name":"k","value":"v","in":"body"})"),
                HasSubstr("header|query"));
    EXPECT_EQ(refusal("smtp", R"({"server":"smtps://mail.example.com:465"})"), "accepted");
    EXPECT_THAT(refusal("smtp", R"({"server":"mail.example.com"})"), HasSubstr("smtp://"));
    EXPECT_THAT(refusal("oauth2", R"({"token_url":"ftp://x","client_id":"a","client_secret":"b"})"),
                HasSubstr("must be a URL"));
}

TEST(CredentialTypes, NeverTellAValue) {
    EXPECT_THAT(refusal("http.api_key", R"({"name":"k","value":"v","in":"s3cret"})"),
                Not(HasSubstr("s3cret")));
    EXPECT_THAT(refusal("smtp", R"({"server":"s3cret"})"), Not(HasSubstr("s3cret")));
}

TEST(CredentialTypes, NamesAreWords) {
    for (const char* good : {"shop", "a", "Shop-2.test_x"})
        EXPECT_TRUE(check_secret_name(good)) << good;
    for (const char* bad : {"", "2nd", "a b", "a/b", ".x", "ä"})
        EXPECT_FALSE(check_secret_name(bad)) << bad;
    EXPECT_FALSE(check_secret_name(std::string(129, 'a')));
}

TEST_F(CredentialsTest, AreOpenedByName) {
    put("shop", "http.basic", R"({"username":"ada","password":"p4ssw0rd"})");
    const std::vector<std::string> accepted{"http.bearer", "http.basic"};
    const auto found = credentials.resolve("shop", accepted);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->type, "http.basic");
    EXPECT_EQ(found->text("password"), "p4ssw0rd");
    EXPECT_EQ(found->text("missing"), "");
}

TEST_F(CredentialsTest, ThatAreNotThereOrOfTheWrongTypeAreFailuresOfTheNode) {
    put("mail", "smtp", R"({"server":"smtp://localhost:25"})");
    EXPECT_THAT(failure_of("shop"), HasSubstr("unknown_credential: there is no credential"));
    EXPECT_THAT(failure_of("mail", {"http.basic", "http.bearer"}),
                HasSubstr("is of type smtp, but the node takes http.basic, http.bearer"));
    EXPECT_EQ(credentials.resolve("shop", {}).error().error_class, core::ErrorClass::validation);
}

TEST_F(CredentialsTest, ThatTheKeyDoesNotOpenAreFailuresOfTheNode) {
    put("shop", "http.bearer", R"({"token":"t0ken"})");
    std::filesystem::remove(folder / "secret.key");
    EXPECT_EQ(credentials.open_vault().error().code(), "no_key");
    EXPECT_THAT(failure_of("shop"), HasSubstr("bad_credential"));
    EXPECT_THAT(failure_of("shop"), HasSubstr("restore it"));
}

TEST_F(CredentialsTest, AreOpenedWithAKeyThatWasMadeOrReplacedSinceTheStart) {
    ASSERT_TRUE(credentials.open_vault());
    put("shop", "http.bearer", R"({"token":"t0ken"})");
    EXPECT_EQ(failure_of("shop"), "found");
    ASSERT_TRUE((*Vault::open(folder / "secret.key", store->secrets()))->rotate());
    EXPECT_EQ(failure_of("shop"), "found");
}

TEST_F(CredentialsTest, AreMaskedOnceTheyWereOpened) {
    put("shop", "http.basic", R"({"username":"ada","password":"p4ss w\"rd"})");
    EXPECT_EQ(credentials.masked("p4ss w\"rd"), "p4ss w\"rd") << "nobody has opened it";
    ASSERT_TRUE(credentials.resolve("shop", {}));
    EXPECT_EQ(credentials.masked("ada p4ss w\"rd!"), "ada ***!");
    EXPECT_EQ(credentials.masked("/?p=p4ss%20w%22rd&x"), "/?p=***&x");
    EXPECT_EQ(credentials.masked(R"({"p":"p4ss w\"rd"})"), R"({"p":"***"})");
    EXPECT_EQ(credentials.masked("Basic " + core::base64("ada:p4ss w\"rd")), "Basic ***");
    credentials.keep_secret("access-token");
    EXPECT_EQ(credentials.masked("Bearer access-token"), "Bearer ***");
    credentials.keep_secret("abc");
    EXPECT_EQ(credentials.masked("abc"), "abc") << "too short to be told from other text";
}

TEST_F(CredentialsTest, AreMaskedInAllPartsOfAFailure) {
    credentials.keep_secret("s3cret");
    core::Failure failure;
    failure.message = "refused s3cret";
    failure.details = json(R"({"s3cret":["a","x s3cret y",{"n":1}]})");
    core::Failure cause;
    cause.message = "because of s3cret";
    failure.cause = std::make_shared<core::Failure>(cause);
    credentials.mask(failure);
    EXPECT_EQ(failure.message, "refused ***");
    EXPECT_EQ(core::to_json(failure.details), R"({"***":["a","x *** y",{"n":1}]})");
    EXPECT_EQ(failure.cause->message, "because of ***");
}

TEST(SecretMask, FindsWhatIsLeftOfASecretWhereATextIsCut) {
    SecretMask mask;
    const std::string secret = "0123456789abcdefghij";
    mask.add(secret);
    const std::string much(500, '-');
    EXPECT_EQ(mask.masked(much + secret.substr(0, 12)), much + "***");
    EXPECT_EQ(mask.masked(secret.substr(9) + much), "***" + much);
    EXPECT_EQ(mask.masked(much + secret.substr(0, 4)), much + "0123");
}

TEST(SecretMask, KnowsHowASecretIsWritten) {
    SecretMask mask;
    mask.add("a\"/+ \xC3\xA4&=z");
    for (const std::string_view written :
         {"a\"/+ \xC3\xA4&=z", "a%22%2F%2B%20%C3%A4%26%3Dz", "a%22%2f%2b%20%c3%a4%26%3dz",
          "a%22%2F+%20%C3%A4&=z", "a\"/+ \xC3\x83\xC2\xA4&=z"})
        EXPECT_EQ(mask.masked(written), "***") << written;
}

TEST(SecretMask, ForgetsWhatWasAddedLongestAgo) {
    SecretMask mask;
    mask.add("first token");
    mask.add("pass word");
    for (std::size_t i = 0; i < SecretMask::forms_max - 4; ++i)
        mask.add("token-" + std::to_string(i));
    EXPECT_EQ(mask.masked("first token, pass word"), "***, ***");
    mask.add("pass word");
    mask.add("new-token-1");
    mask.add("new-token-2");
    EXPECT_EQ(mask.masked("new-token-1 pass%20word new-token-2"), "*** *** ***");
    EXPECT_EQ(mask.masked("first token"), "first token");
}

TEST_F(CredentialsTest, AreMaskedInLogs) {
    struct Lines final : Log {
        void put(LogLevel, std::string_view message, std::span<const LogField> fields) override {
            text += message;
            for (const LogField& field : fields)
                text += " " + std::string{field.key} + "=" + field.value;
        }
        std::string text;
    };
    const auto lines = std::make_shared<Lines>();
    MaskingLog log{lines, credentials.secrets_mask()};
    log.write(LogLevel::info, "a s3cret ", {{"b", "s3cret"}});
    credentials.keep_secret("s3cret");
    log.write(LogLevel::info, "; a s3cret", {{"b", "s3cret"}});
    EXPECT_EQ(lines->text, "a s3cret  b=s3cret; a *** b=***");
}

TEST_F(CredentialsTest, AReplacedFieldIsStoredUnlessItWasSetMeanwhile) {
    put("shop", "oauth2", R"({"token_url":"http://a","client_id":"c","refresh_token":"r0"})");
    int writes = 0;
    credentials.write_with([&](const std::function<core::Result<>()>& task) {
        ++writes;
        return task();
    });
    const auto used = credentials.resolve("shop", {});
    credentials.replace_field(*used, "refresh_token", "r1");
    EXPECT_EQ(writes, 1);
    StoredCredentials later{folder / "secret.key", store->secrets()};
    EXPECT_EQ(later.resolve("shop", {})->text("refresh_token"), "r1");
    credentials.replace_field(*used, "refresh_token", "r9");
    EXPECT_EQ(later.resolve("shop", {})->text("refresh_token"), "r1") << "r0 is gone";
}

TEST_F(CredentialsTest, AReplacedFieldThatCouldNotBeStoredIsUsedAndTriedAgain) {
    put("shop", "oauth2", R"({"token_url":"http://a","client_id":"c","refresh_token":"r0"})");
    bool fails = true;
    credentials.write_with([&](const std::function<core::Result<>()>& task) -> core::Result<> {
        if (fails) return core::fail(store::StoreErrc::io, "no");
        return task();
    });
    credentials.replace_field(*credentials.resolve("shop", {}), "refresh_token", "r1");
    credentials.replace_field(*credentials.resolve("shop", {}), "refresh_token", "r2");
    EXPECT_EQ(credentials.resolve("shop", {})->text("refresh_token"), "r2");
    fails = false;
    EXPECT_EQ(credentials.resolve("shop", {})->text("refresh_token"), "r2");
    StoredCredentials later{folder / "secret.key", store->secrets()};
    EXPECT_EQ(later.resolve("shop", {})->text("refresh_token"), "r2");
}

TEST_F(CredentialsTest, AFieldThatIsReplacedWhileTheOneBeforeIsStoredIsNotLost) {
    put("shop", "oauth2", R"({"token_url":"http://a","client_id":"c","refresh_token":"r0"})");
    int writes = 0;
    credentials.write_with([&](const std::function<core::Result<>()>& task) -> core::Result<> {
        if (++writes == 2) return core::fail(store::StoreErrc::io, "no");
        auto done = task();
        if (writes == 1) {
            const Credential next{
                "shop", "oauth2",
                json(R"({"token_url":"http://a","client_id":"c","refresh_token":"r1"})")};
            credentials.replace_field(next, "refresh_token", "r2");
        }
        return done;
    });
    credentials.replace_field(*credentials.resolve("shop", {}), "refresh_token", "r1");
    EXPECT_EQ(credentials.resolve("shop", {})->text("refresh_token"), "r2");
    StoredCredentials later{folder / "secret.key", store->secrets()};
    EXPECT_EQ(later.resolve("shop", {})->text("refresh_token"), "r2");
}

TEST_F(CredentialsTest, ARotationIsSeenAtOnce) {
    put("shop", "http.bearer", R"({"token":"t"})");
    EXPECT_EQ(failure_of("shop"), "found");
    ASSERT_TRUE((*credentials.open_vault())->rotate());
    EXPECT_EQ(failure_of("shop"), "found");
    const auto other = Vault::open(folder / "secret.key", store->secrets());
    ASSERT_TRUE((*other)->rotate());
    EXPECT_EQ(failure_of("shop"), "found") << "rotated by another vault";
}

TEST_F(CredentialsTest, AnOauthClientHasASecretOrARefreshToken) {
    EXPECT_EQ(refusal("oauth2", R"({"token_url":"http://a","client_id":"c","client_secret":"s"})"),
              "accepted");
    EXPECT_EQ(refusal("oauth2", R"({"token_url":"http://a","client_id":"c","refresh_token":"r"})"),
              "accepted");
    EXPECT_THAT(refusal("oauth2", R"({"token_url":"http://a","client_id":"c"})"),
                HasSubstr("one of them is required"));
}

}  // namespace millrace::runtime
