// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_snapshots.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/json.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using core::Value;
using Kept = std::map<std::string, Value>;

core::Result<Kept> read_kept(const std::string& file) {
    Kept kept;
    std::ifstream in{file, std::ios::binary};
    if (!in) return kept;
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto read = format::read_json(text);
    const auto value = read ? core::decode_bytes(*read) : read;
    if (!value || !value->is_object())
        return core::fail(FileErrc::unreadable, "cannot read the snapshots in " + one_line(file) +
                                                    "; remove the file, and write it anew with "
                                                    "--update");
    for (const core::Member& member : value->as_object())
        kept.emplace(member.key, member.value);
    return kept;
}

core::Result<> write_kept(const std::string& file, const Kept& kept) {
    std::error_code error;
    if (kept.empty()) {
        fs::remove(file, error);
        return {};
    }
    fs::create_directories(fs::path{file}.parent_path(), error);
    std::vector<core::Member> members;
    for (const auto& [name, value] : kept)
        members.push_back({name, value});
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << core::to_pretty_json(Value::object(std::move(members))) << "\n";
    if (out.flush()) return {};
    return core::fail(FileErrc::unreadable, "cannot write " + one_line(file));
}

void compare(const Kept& kept, TestResult& result) {
    const auto found = kept.find(result.name);
    if (found == kept.end()) {
        result.failures.push_back(
            {"there is no snapshot of this test yet; write it with --update", {}, {}});
        return;
    }
    // What is read from JSON has lost nothing but the difference between 5 and 5.0.
    const auto written = format::read_json(core::to_json(*result.snapshot));
    const auto now = written ? core::decode_bytes(*written) : written;
    for (Difference& difference :
         differences(found->second, now ? *now : Value{}, Matching::whole, "snapshot"))
        result.failures.push_back({std::move(difference.place), std::move(difference.expected),
                                   std::move(difference.actual)});
}

std::size_t remove_stale(Kept& kept, const TestSuite& suite) {
    return std::erase_if(kept, [&](const auto& item) {
        return std::ranges::none_of(suite.tests.tests, [&](const format::TestCase& test) {
            return test.name == item.first && test.expect.snapshot;
        });
    });
}

}  // namespace

std::string snapshot_file(const std::string& test_file) {
    const fs::path path{test_file};
    return (path.parent_path() / "__snapshots__" / (path.stem().string() + ".json")).string();
}

core::Result<SnapshotChanges> settle_snapshots(const TestSuite& suite,
                                               std::vector<TestResult*> results, SnapshotMode mode,
                                               bool is_complete) {
    SnapshotChanges changes;
    const bool has_any = std::ranges::any_of(
        suite.tests.tests, [](const format::TestCase& test) { return test.expect.snapshot; });
    const std::string file = snapshot_file(suite.file);
    std::error_code ignored;
    if (!has_any && !fs::exists(file, ignored)) return changes;
    auto kept = read_kept(file);
    if (!kept && mode == SnapshotMode::compare) return std::unexpected(kept.error());
    if (!kept) kept = Kept{};
    std::erase_if(results, [](const TestResult* result) { return !result->snapshot; });
    if (mode == SnapshotMode::compare) {
        for (TestResult* const result : results)
            compare(*kept, *result);
        return changes;
    }
    for (const TestResult* const result : results) {
        if (!result->has_passed()) continue;
        Value& place = (*kept)[result->name];
        if (place == *result->snapshot) continue;
        place = *result->snapshot;
        ++changes.written;
    }
    if (is_complete) changes.removed = remove_stale(*kept, suite);
    if (changes.written + changes.removed > 0)
        if (const auto written = write_kept(file, *kept); !written)
            return std::unexpected(written.error());
    return changes;
}

}  // namespace millrace::cli
