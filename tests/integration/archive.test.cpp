// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <array>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "millrace/core/json.hpp"
#include "server_process.hpp"
#include "support/files.hpp"

// What retention removes is in the archive, as the API has shown it.

namespace millrace::testing {
namespace {

namespace fs = std::filesystem;

std::string unpacked(const fs::path& file) {
    std::string text;
    const gzFile opened = gzopen(file.c_str(), "rb");
    if (opened == nullptr) return text;
    std::array<char, 4'096> part;
    int got = 0;
    while ((got = gzread(opened, part.data(), static_cast<unsigned>(part.size()))) > 0)
        text.append(part.data(), static_cast<std::size_t>(got));
    EXPECT_EQ(got, 0) << file;
    gzclose(opened);
    return text;
}

class ArchiveTest : public ServerTest {
protected:
    /// The archived executions by their ids.
    std::map<std::string, Value> archived() const {
        std::map<std::string, Value> all;
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator{archive_.path(), ignored}) {
            if (!entry.is_regular_file()) continue;
            std::istringstream lines{unpacked(entry.path())};
            for (std::string line; std::getline(lines, line);) {
                auto value = core::parse_json(line);
                if (value) all[std::string{value->find("id")->as_string()}] = *value;
            }
        }
        return all;
    }

    const TempFolder archive_;
};

TEST_F(ArchiveTest, HoldsWhatRetentionRemoves) {
    // A clean-up that comes before all have been read would remove what is to be compared.
    serve({"--set", "archive.folder=" + archive_.path().string(), "--set", "retention.interval=3s",
           "--set", "retention.count=2"});
    server().create_workflow(R"({"millrace": 1, "id": "shop", "nodes": [
        {"id": "start", "type": "trigger.manual"},
        {"id": "check", "type": "flow.if", "data": {"condition": "inputs.total > 2"}}],
        "connections": ["start -> check"]})");
    std::map<std::string, Value> shown;
    std::map<std::string, Value> events;
    std::vector<std::string> ids;
    for (const int total : {1, 2, 3, 4}) {
        const Value done =
            server().execute("shop", Value::object({{"input", Value::object({{"total", total}})}}));
        ids.emplace_back(done.find("id")->as_string());
        const std::string path = "/api/v1/executions/" + ids.back();
        shown[ids.back()] = server().get_json(path);
        events[ids.back()] = *server().get_json(path + "/events").find("items");
    }
    ASSERT_TRUE(is_gone(ids[0]) && is_gone(ids[1]));
    const std::map<std::string, Value> found = archived();
    ASSERT_EQ(found.size(), 2u);
    for (const std::string& id : {ids[0], ids[1]}) {
        ASSERT_TRUE(found.contains(id));
        core::ObjectBuilder expected;
        for (const core::Member& member : shown[id].as_object())
            expected.set(member.key, member.value);
        expected.set("events", events[id]);
        EXPECT_EQ(found.at(id), std::move(expected).build());
    }
    EXPECT_EQ(*server().get_json("/health").find("components")->find("archive")->find("status"),
              Value{"ok"});
}

}  // namespace
}  // namespace millrace::testing
