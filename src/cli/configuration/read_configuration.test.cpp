// SPDX-License-Identifier: Apache-2.0
#include "configuration/read_configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "configuration/configuration_page.hpp"
#include "configuration/setting_values.hpp"
#include "millrace/core/json.hpp"
#include "testing/program_test.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Settings : public testing::ProgramTest {
protected:
    ConfigurationRead read(const std::string& yaml = {}) {
        if (!yaml.empty()) flags.file = file("millrace.yaml", yaml);
        return read_configuration(fake_.console, flags, folder_ / "data");
    }
    /// What is wrong with a file, without the folder it lies in.
    std::vector<std::string> problems(const std::string& yaml) {
        std::vector<std::string> found = read(yaml).problems;
        for (std::string& problem : found)
            if (problem.starts_with(folder_.string()))
                problem.erase(0, folder_.string().size() + 1);
        return found;
    }

    ConfigurationFlags flags;
};

TEST_F(Settings, AreTheDefaultsWhereNothingIsSaid) {
    const ConfigurationRead found = read();
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.configuration.server.listen, "127.0.0.1:8420");
    EXPECT_EQ(found.value_of("server.listen").origin, "default");
    EXPECT_EQ(setting_text(*find_setting("http.body_max"), found.value_of("http.body_max").value),
              "16MiB");
}

TEST_F(Settings, AreDecidedByFlagsOverTheEnvironmentOverTheFile) {
    const std::string yaml =
        "server:\n  listen: 127.0.0.1:1\n  work_threads: 3\nlog: { level: debug }\n";
    EXPECT_EQ(read(yaml).configuration.server.listen, "127.0.0.1:1");
    EXPECT_THAT(read(yaml).value_of("server.listen").origin, EndsWith("millrace.yaml:2:3"));
    EXPECT_THAT(read(yaml).value_of("log.level").origin, EndsWith("millrace.yaml:4:8"));
    fake_.environment["MILLRACE_LISTEN"] = "127.0.0.1:2";
    EXPECT_EQ(read(yaml).configuration.server.listen, "127.0.0.1:2");
    EXPECT_EQ(read(yaml).value_of("server.listen").origin, "$MILLRACE_LISTEN");
    flags.assignments = {"server.listen=127.0.0.1:3"};
    EXPECT_EQ(read(yaml).configuration.server.listen, "127.0.0.1:3");
    EXPECT_EQ(read(yaml).value_of("server.listen").origin, "--set server.listen");
    flags.values["server.listen"] = {"127.0.0.1:4"};
    EXPECT_EQ(read(yaml).configuration.server.listen, "127.0.0.1:4");
    EXPECT_EQ(read(yaml).value_of("server.listen").origin, "--listen");
    EXPECT_EQ(read(yaml).configuration.server.work_threads, 3u);
}

TEST_F(Settings, OfTheDataFolderAreReadUnlessAnotherFileIsNamed) {
    std::filesystem::create_directories(folder_ / "data");
    file("data/millrace.yaml", "log: { level: error }\n");
    const std::string other = file("other.yaml", "log: { level: debug }\n");
    EXPECT_EQ(read().configuration.log_level, "error");
    fake_.environment["MILLRACE_CONFIG"] = other;
    EXPECT_EQ(read().configuration.log_level, "debug");
    flags.file = file("third.yaml", "log: { level: warning }\n");
    EXPECT_EQ(read().configuration.log_level, "warning");
    flags.file = file("missing.yaml");
    EXPECT_THAT(read().problems, ElementsAre(HasSubstr("cannot read")));
}

TEST_F(Settings, HaveTypesInFiles) {
    const Configuration found = read(
                                    "http: { body_max: 1MiB, idle_timeout: 1.5s }\n"
                                    "server: { allowed_hosts: [a.example, b.example] }\n"
                                    "nodes: { commands: gzip }\n"
                                    "workflows: { folder: flows, watch: true }\n"
                                    "retention: { age: , count: 7 }\n")
                                    .configuration;
    EXPECT_EQ(found.server.limits.body_bytes_max, 1u << 20);
    EXPECT_EQ(found.server.limits.idle_timeout.ms, 1'500);
    EXPECT_THAT(found.server.allowed_hosts, ElementsAre("a.example", "b.example"));
    EXPECT_THAT(found.commands, ElementsAre("gzip"));
    EXPECT_EQ(found.workflows.folder, folder_ / "flows");
    EXPECT_TRUE(found.workflows.watch);
    EXPECT_EQ(found.retention.age.ms, server::RetentionOptions{}.age.ms);
    EXPECT_EQ(found.retention.count, 7u);
}

TEST_F(Settings, NeedNoUnitForNothing) {
    const ConfigurationRead found = read("retention: { age: 0 }\ncache: { memory: 0 }\n");
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.configuration.retention.age.ms, 0);
    EXPECT_EQ(found.configuration.cache.memory_bytes, 0u);
}

TEST_F(Settings, AreListsByCommasInTheEnvironment) {
    fake_.environment["MILLRACE_ALLOWED_HOSTS"] = "a.example, b.example,";
    fake_.environment["MILLRACE_WATCH"] = "1";
    EXPECT_THAT(read().configuration.server.allowed_hosts, ElementsAre("a.example", "b.example"));
    EXPECT_TRUE(read().configuration.workflows.watch);
    EXPECT_THAT(read().problems, ElementsAre(HasSubstr("there is no folder to watch")));
    fake_.environment["MILLRACE_WORKFLOWS"] = "flows";
    EXPECT_THAT(read().problems, IsEmpty());
}

TEST_F(Settings, KnowTheVariablesOfOpenTelemetryAndPutOwnOnesFirst) {
    fake_.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4318";
    fake_.environment["OTEL_SERVICE_NAME"] = "shop";
    EXPECT_EQ(read().configuration.server.tracing.endpoint, "http://127.0.0.1:4318");
    EXPECT_EQ(read().configuration.server.tracing.service_name, "shop");
    const ConfigurationRead found = read("otlp: { endpoint: http://127.0.0.1:1 }\n");
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.configuration.server.tracing.endpoint, "http://127.0.0.1:1");
}

TEST_F(Settings, HideWhatProvesWhoSendsTraces) {
    const ConfigurationRead found =
        read("otlp: { headers: [authorization=Bearer abc=, x-team=7] }\n");
    EXPECT_THAT(found.problems, IsEmpty());
    const auto& headers = found.configuration.server.tracing.headers;
    ASSERT_THAT(headers, SizeIs(2));
    EXPECT_EQ(headers[0].second, "Bearer abc=");
    const Setting& setting = *find_setting("otlp.headers");
    const core::Value& value = found.value_of("otlp.headers").value;
    EXPECT_EQ(setting_text(setting, value), "authorization=***, x-team=***");
    EXPECT_EQ(core::to_json(setting_json(setting, value)), R"(["authorization=***","x-team=***"])");
    EXPECT_THAT(problems("otlp: { headers: abc }\n"),
                ElementsAre(AllOf(HasSubstr("NAME=VALUE"), ::testing::Not(HasSubstr("abc")))));
}

TEST_F(Settings, ThatDoNotExistAreNamedWithPlaceAndRemedy) {
    EXPECT_THAT(problems("server:\n  lisen: x:1\n"),
                ElementsAre("millrace.yaml:2:3: unknown_key: there is no setting `lisen` in "
                            "`server`; did you mean \"listen\"?"));
    EXPECT_THAT(problems("severs: {}\n"),
                ElementsAre(AllOf(HasSubstr("millrace.yaml:1:1: unknown_key"),
                                  HasSubstr("did you mean \"server\"?"))));
    EXPECT_THAT(problems("server: [\n"), SizeIs(1));
    EXPECT_THAT(problems("[]\n"), ElementsAre(HasSubstr("holds sections")));
    flags.file.clear();
    flags.assignments = {"server.lisen=x", "log.level"};
    EXPECT_THAT(read().problems,
                ElementsAre(HasSubstr("did you mean `server.listen`?"), HasSubstr("=VALUE")));
}

TEST_F(Settings, ThatDoNotFitAreNamedWithTheirPlaceAndAllAtOnce) {
    EXPECT_THAT(
        problems("server:\n  listen: 8420\n  auth: tokn\nhttp:\n  body_max: 5\n"
                 "  header_max: 1GiB\n  heartbeat: 5\nworkflows: { watch: yes }\n"),
        ElementsAre(HasSubstr(":2:11: bad_value: server.listen: expected is text, HOST:PORT"),
                    AllOf(HasSubstr(":3:9: "), HasSubstr("did you mean `token`?")),
                    HasSubstr(":5:13: "), AllOf(HasSubstr(":6:15: "), HasSubstr("1KiB to 1MiB")),
                    HasSubstr(":7:14: "), HasSubstr("expected is true or false")));
    flags.file.clear();
    fake_.environment["MILLRACE_HTTP_CONNECTIONS_MAX"] = "0";
    fake_.environment["MILLRACE_PUBLIC_URL"] = "flows.example";
    EXPECT_THAT(read().problems,
                ElementsAre(HasSubstr("$MILLRACE_PUBLIC_URL: "),
                            HasSubstr("$MILLRACE_HTTP_CONNECTIONS_MAX: 0 is out of range")));
}

TEST_F(Settings, RefuseToServeTheNetworkWithoutAToken) {
    fake_.environment["MILLRACE_LISTEN"] = "0.0.0.0:8420";
    EXPECT_THAT(read().problems, IsEmpty());
    flags.values["server.auth"] = {"none"};
    EXPECT_THAT(read().problems,
                ElementsAre(AllOf(HasSubstr("--auth: "), HasSubstr("only goes with loopback"))));
    fake_.environment["MILLRACE_LISTEN"] = "[::1]:8420";
    EXPECT_THAT(read().problems, IsEmpty());
}

TEST_F(Settings, MayBeMistypedInTheEnvironment) {
    fake_.environment["MILLRACE_LISTN"] = "x:1";
    fake_.environment["MILLRACE_SERVICE_HOST"] = "10.0.0.1";
    EXPECT_THAT(read().warnings,
                ElementsAre("$MILLRACE_LISTN is no setting; did you mean $MILLRACE_LISTEN?"));
}

TEST_F(Settings, KnowWhatWaitsForARestart) {
    const Configuration now;
    Configuration next;
    next.server.listen = "127.0.0.1:1";
    next.log_level = "debug";
    const ConfigurationChange change = change_between(now, next);
    ASSERT_THAT(change.changed, SizeIs(1));
    ASSERT_THAT(change.need_restart, SizeIs(1));
    EXPECT_EQ(change.changed[0]->key, "log.level");
    EXPECT_EQ(change.need_restart[0]->key, "server.listen");
    EXPECT_EQ(change.configuration.server.listen, now.server.listen);
    EXPECT_EQ(change.configuration.log_level, "debug");
}

TEST(SettingTable, NamesEachSettingOnceAndReadsBackItsDefault) {
    std::set<std::string_view> names;
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(names.insert(setting.key).second) << setting.key;
        EXPECT_TRUE(names.insert(setting.variable).second) << setting.variable;
        if (!setting.flag.empty()) {
            EXPECT_TRUE(names.insert(setting.flag).second) << setting.flag;
        }
        const core::Value standard = setting.load(Configuration{});
        const auto again = setting_of_text(setting, setting_text(setting, standard));
        ASSERT_TRUE(again) << setting.key << ": " << again.error();
        EXPECT_EQ(*again, standard) << setting.key;
        EXPECT_NE(section_title(setting.section()), setting.section());
        EXPECT_THAT(configuration_page(), HasSubstr("| `" + std::string{setting.key} + "` |"));
    }
}

}  // namespace
}  // namespace millrace::cli
