// SPDX-License-Identifier: Apache-2.0
// Writes golden journals of this version, or seeds for journal_fuzz; see README.md.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <string>

#include "golden_file.hpp"
#include "millrace/core/check.hpp"
#include "testing/histories.hpp"

namespace {

using namespace millrace;

golden::Golden golden_of(const engine::Scenario& scenario) {
    engine::ShardFixture shard{engine::snapshot_often()};
    engine::play(scenario, scenario.plan.plan(), shard);
    golden::Golden golden;
    golden.name = scenario.name;
    golden.document = scenario.plan.document();
    golden.id = shard.id();
    golden.stopped_after = shard.stored().rows.size();
    golden.snapshot = shard.stored().snapshot;
    golden.snapshot_rows = shard.stored().rows_in_snapshot;
    golden.state = golden::summary(shard.view());
    shard.restart();
    engine::finish(shard);
    golden.rows = shard.stored().rows;
    golden.end = golden::summary(shard.view());
    return golden;
}

/// A seed as journal.fuzz.cpp takes it apart.
void write_seed(const std::filesystem::path& file, std::size_t scenario, char form,
                std::size_t snapshot_size, const std::string& bytes) {
    std::ofstream out{file, std::ios::binary};
    out.put(static_cast<char>(scenario)).put(form).put(static_cast<char>(snapshot_size / 4));
    out << bytes;
    MR_CHECK(out.flush());
}

void write_seeds(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const auto& scenarios = engine::scenarios();
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
        engine::ShardFixture shard;
        engine::play(scenarios[i], scenarios[i].plan.plan(), shard);
        const std::string snapshot = shard.shard.snapshot(shard.id());
        write_seed(folder / (scenarios[i].name + ".row"), i, 0, 0, shard.stored().rows.front());
        write_seed(folder / (scenarios[i].name + ".snapshot"), i, 1, 0, snapshot);
        shard.cancel();
        // The reader cuts at a multiple of four bytes, so only some of them are whole.
        if (snapshot.size() % 4 == 0 && snapshot.size() < 1'024)
            write_seed(folder / (scenarios[i].name + ".both"), i, 2, snapshot.size(),
                       snapshot + shard.stored().rows.back());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "--seeds") == 0) {
        write_seeds(argv[2]);
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-') {
        std::fprintf(stderr,
                     "usage: golden_write DIR [SCENARIO...]\n       golden_write --seeds DIR\n");
        return 2;
    }
    const std::set<std::string> wanted{argv + 2, argv + argc};
    std::filesystem::create_directories(argv[1]);
    for (const engine::Scenario& scenario : engine::scenarios())
        if (wanted.empty() || wanted.contains(scenario.name))
            golden::write(golden_of(scenario), argv[1]);
    return 0;
}
