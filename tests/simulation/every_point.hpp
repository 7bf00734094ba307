// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "faults.hpp"
#include "history.hpp"
#include "operation.hpp"

namespace millrace::simulation {

/// A workflow to which everything is done at every point of its run.
struct PointDocument {
    std::string name;
    std::shared_ptr<const engine::Plan> plan;
};
const std::vector<PointDocument>& point_documents();

struct PointCase {
    const PointDocument* document = nullptr;
    std::uint64_t seed = 1;
    Appointment appointment;
};

/// Runs one case, plain and rebuilt. How many runs were open at its point; 0 when the execution had
/// ended before.
std::size_t run_point(const PointCase& point, KindCounts& kinds);

/// Does every operation after every frame of every document, to every run that is open then where
/// it is about one. How many cases that were.
std::size_t run_every_point(std::uint64_t seed, KindCounts& kinds);

void add_counts(const KindCounts& from, KindCounts& to);

}  // namespace millrace::simulation
