// SPDX-License-Identifier: Apache-2.0
#include "every_point.hpp"

#include "world.hpp"

namespace millrace::simulation {
namespace {

/// Effects fail, so that retries, error ports and clean-ups are among the points.
Faults faults_of_points() {
    Faults faults;
    faults.effect_failures = true;
    faults.parking = true;
    return faults;
}

std::string command_of(const PointCase& point) {
    std::string words = "simulation --at " + std::to_string(point.appointment.frame) + " --run " +
                        std::to_string(point.appointment.run) + " --seed " +
                        std::to_string(point.seed);
    for (const auto& [word, operation] : operations)
        if (operation == point.appointment.operation) words += " --do " + std::string{word};
    return words + " --document " + point.document->name;
}

}  // namespace

void add_counts(const KindCounts& from, KindCounts& to) {
    for (const auto& [kind, count] : from)
        to[kind] += count;
}

std::size_t run_point(const PointCase& point, KindCounts& kinds) {
    set_command(command_of(point));
    const Faults faults = faults_of_points();
    const auto& plan = point.document->plan;
    SimulatedWorld plain{point.seed, faults, Mode::plain, plan, point.appointment};
    SimulatedWorld rebuilt{point.seed, faults, Mode::rebuild, plan, point.appointment};
    const std::uint64_t expected = plain.run();
    if (rebuilt.run() != expected)
        violated("a World that is rebuilt and shuffled between frames decides otherwise: " +
                 plain.history().difference(rebuilt.history()));
    add_counts(plain.history().kinds(), kinds);
    return plain.runs_at_appointment().value_or(0);
}

std::size_t run_every_point(std::uint64_t seed, KindCounts& kinds) {
    std::size_t cases = 0;
    for (const PointDocument& document : point_documents()) {
        for (const auto& [word, operation] : operations) {
            std::size_t runs = 1;
            for (std::uint64_t frame = 1; runs > 0; ++frame) {
                runs = run_point({&document, seed, {frame, operation, 0}}, kinds);
                ++cases;
                for (std::uint32_t run = 1; is_about_run(operation) && run < runs; ++run, ++cases)
                    run_point({&document, seed, {frame, operation, run}}, kinds);
            }
        }
    }
    return cases;
}

}  // namespace millrace::simulation
