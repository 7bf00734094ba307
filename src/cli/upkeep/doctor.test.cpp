// SPDX-License-Identifier: Apache-2.0
#include "upkeep/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Doctor : public testing::ProgramTest {
protected:
    /// What was found about one thing.
    Finding finding(std::string_view name) {
        const GlobalOptions global;
        for (Finding& one : examine({fake_.console, global}))
            if (one.name == name) return one;
        ADD_FAILURE() << name;
        return {};
    }
    std::string data() const { return (folder_ / "data").string(); }
    void make_data() {
        ASSERT_EQ(run({"new", file("a.workflow.yaml"), "--template", "loop"}), Exit::done);
        ASSERT_EQ(run({"run", file("a.workflow.yaml")}), Exit::done);
    }
};

TEST_F(Doctor, IsContentWithAFreshMachine) {
    EXPECT_EQ(run({"doctor"}), Exit::done);
    EXPECT_THAT(out(), HasSubstr("data folder"));
    EXPECT_THAT(out(), HasSubstr("SQLite "));
    EXPECT_FALSE(fs::exists(data()));
    ASSERT_EQ(run({"doctor", "--json"}), Exit::done);
    EXPECT_EQ(*json().find("ok"), core::Value{true});
}

TEST_F(Doctor, IsContentWithItsOwnData) {
    make_data();
    EXPECT_EQ(finding("data folder").state, Finding::State::good);
    EXPECT_EQ(finding("store").state, Finding::State::good);
    EXPECT_THAT(finding("store").message, HasSubstr("0 executions"));
}

TEST_F(Doctor, FindsFoldersThatOthersMayRead) {
    make_data();
    fs::permissions(data(), fs::perms::owner_all | fs::perms::group_read);
    const Finding found = finding("data folder");
    EXPECT_EQ(found.state, Finding::State::warn);
    EXPECT_EQ(found.remedy, "chmod 700 " + data());
}

TEST_F(Doctor, FindsAKeyFileThatOthersMayRead) {
    make_data();
    file("data/key", "k");
    fs::permissions(data() + "/key", fs::perms::owner_read | fs::perms::others_read);
    EXPECT_EQ(finding("key file").state, Finding::State::bad);
    EXPECT_EQ(run({"doctor"}), Exit::failed);
    EXPECT_THAT(out(), HasSubstr("chmod 600"));
}

TEST_F(Doctor, FindsAClockThatWentBack) {
    make_data();
    EXPECT_EQ(finding("clock").state, Finding::State::good);
    fake_.now = core::Time{1'717'200'000'000};  // in 2024, before whatever has run just now
    const Finding found = finding("clock");
    EXPECT_EQ(found.state, Finding::State::bad);
    EXPECT_THAT(found.message, HasSubstr("before the newest execution"));
    fake_.now = core::Time{0};
    EXPECT_THAT(finding("clock").message, HasSubstr("in the past"));
}

TEST_F(Doctor, FindsADamagedStore) {
    fs::create_directories(data());
    fs::permissions(data(), fs::perms::owner_all);
    file("data/millrace.db", std::string(8'192, 'x'));
    EXPECT_EQ(finding("store").state, Finding::State::bad);
    EXPECT_EQ(run({"doctor"}), Exit::failed);
}

TEST_F(Doctor, FindsAZoneThatDoesNotExist) {
    fake_.environment["TZ"] = "Europe/Berlni";
    EXPECT_EQ(finding("time zones").remedy, "TZ=Europe/Berlin");
}

TEST_F(Doctor, FindsWhatIsWrongWithTheConfiguration) {
    fake_.environment["MILLRACE_LISTEN"] = "127.0.0.1:0";
    EXPECT_EQ(finding("configuration").state, Finding::State::good);
    EXPECT_THAT(finding("server").message, HasSubstr("none runs"));
    fake_.environment["MILLRACE_AUTH"] = "nobody";
    const Finding found = finding("configuration");
    EXPECT_EQ(found.state, Finding::State::bad);
    EXPECT_THAT(found.message, HasSubstr("$MILLRACE_AUTH"));
}

TEST_F(Doctor, FindsATokenThatOthersMayRead) {
    make_data();
    file("data/token", "t");
    fs::permissions(data() + "/token", fs::perms::owner_read | fs::perms::others_read);
    EXPECT_EQ(finding("token").state, Finding::State::bad);
    fs::permissions(data() + "/token", fs::perms::owner_read);
    EXPECT_EQ(finding("token").state, Finding::State::good);
}

class Config : public testing::ProgramTest {
protected:
    std::string origin_of(std::string_view name) const {
        const core::Value body = json();
        for (const core::Value& item : body.find("items")->as_array())
            if (item.find("name")->as_string() == name)
                return std::string{item.find("origin")->as_string()};
        return {};
    }
};

TEST_F(Config, TellsWhatHasDecided) {
    ASSERT_EQ(run({"config", "show", "--json"}), Exit::done);
    EXPECT_EQ(origin_of("data"), "$MILLRACE_DATA");
    EXPECT_EQ(origin_of("store"), "default");
    ASSERT_EQ(run({"config", "show", "--json", "--data", "x", "--store", "memory:"}), Exit::done);
    EXPECT_EQ(origin_of("data"), "--data, but --store is used");
    EXPECT_EQ(origin_of("store"), "--store");
    fake_.environment = {{"NO_COLOR", "1"}, {"HOME", "/nowhere"}};
    ASSERT_EQ(run({"config", "show", "--json"}), Exit::done);
    EXPECT_EQ(origin_of("data"), "default");
    EXPECT_EQ(origin_of("color"), "$NO_COLOR");
}

TEST_F(Config, ShowsWhatAServerWouldGoBy) {
    const std::string yaml = file("m.yaml", "http:\n  body_max: 1MiB\n");
    ASSERT_EQ(run({"config", "show", "--json", "--config", yaml, "--listen", "127.0.0.1:1"}),
              Exit::done);
    EXPECT_EQ(origin_of("http.body_max"), yaml + ":2:3");
    EXPECT_EQ(origin_of("server.listen"), "--listen");
    EXPECT_EQ(origin_of("log.level"), "default");
    EXPECT_EQ(origin_of("configuration"), "--config");
    file("m.yaml", "htp: {}\n");
    EXPECT_EQ(run({"config", "show", "--config", yaml}), Exit::failed);
    EXPECT_THAT(out(), HasSubstr("http.body_max"));
    EXPECT_THAT(err(), HasSubstr("did you mean \"http\"?"));
}

TEST_F(Config, NeverShowsAPassword) {
    ASSERT_EQ(run({"config", "show", "--store", "postgres://a:secret@b/c"}), Exit::done);
    EXPECT_THAT(out(), ::testing::Not(HasSubstr("secret@")));
}

}  // namespace
}  // namespace millrace::cli
