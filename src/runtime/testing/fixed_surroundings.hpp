// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "millrace/runtime/clock.hpp"
#include "surroundings.hpp"
#include "testing/scratch_folder.hpp"

namespace millrace::runtime::testing {

/// What performers need, for tests: one allowed folder, some programs.
struct FixedSurroundings {
    explicit FixedSurroundings(std::vector<std::string> programs = {}) {
        surroundings.folders = std::make_shared<const AllowedFolders>(
            AllowedFolders::make({{{folder.path().string()}}}).value());
        surroundings.programs = std::make_shared<const AllowedPrograms>(
            AllowedPrograms::make({std::move(programs)}).value());
        surroundings.clock = make_system_clock();
    }
    AttemptFacts facts() const { return {key, stop.get_token()}; }

    ScratchFolder folder;
    Surroundings surroundings;
    std::string key = "run-1";
    std::stop_source stop;
};

}  // namespace millrace::runtime::testing
