// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "creation_watch.hpp"
#include "dice.hpp"
#include "faults.hpp"
#include "history.hpp"
#include "millrace/engine/fork.hpp"
#include "millrace/engine/shard.hpp"
#include "operation.hpp"

namespace millrace::simulation {

enum class Mode : std::uint8_t {
    plain,
    /// Rebuilds the World from snapshot and tail between frames and shuffles its rows.
    rebuild,
};

/// The production engine among simulated time, store, peers, callers and operators, all from one
/// seed.
class SimulatedWorld {
public:
    /// A world of random plans and callers.
    SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode);
    /// A world of one execution of `plan`, to which something happens after a frame.
    SimulatedWorld(std::uint64_t seed, Faults faults, Mode mode,
                   std::shared_ptr<const engine::Plan> plan, const Appointment& appointment);

    /// Runs until every execution has ended, checks all invariants, and answers the hash of all
    /// that was committed.
    std::uint64_t run();
    const History& history() const { return history_; }
    /// Did the execution still live at the time of the appointment, and how many runs were open?
    std::optional<std::size_t> runs_at_appointment() const { return runs_at_appointment_; }

private:
    /// What a caller waits for an answer to.
    struct Call {
        core::ExecutionId id;
        bool creates = false;
        std::optional<std::uint32_t> reject_from;  ///< so many may be live; more are refused
    };

    // Callers and operators: world_callers.cpp.
    void plan_callers();
    void plan_calls(Dice& dice, const std::shared_ptr<const engine::Plan>& plan,
                    std::uint32_t count, std::int64_t within_ms);
    core::ExecutionId create(core::Time at, const std::shared_ptr<const engine::Plan>& plan,
                             engine::Fork what, Dice& dice);
    static engine::Fork start_of(const engine::Plan& plan, core::Value input,
                                 engine::ExecutionOptions options);
    engine::ExecutionOptions random_options(Dice& dice, const engine::Plan& plan) const;
    void plan_visits(Dice& dice, core::Time at, core::ExecutionId id);
    void visit(const Visit& visit);
    void visit_run(const Visit& visit, engine::NodeAction action);
    void visit_paused(const Visit& visit, Dice& dice);
    void visit_wait(const Visit& visit);
    void keep_appointment();
    std::optional<core::Time> patrol_due(core::ExecutionId id, const StoredHistory& history) const;
    void patrol(core::Time now);
    void fork(const engine::ExecutionRow& row);
    /// Gives the command a token of its own and sends it.
    template <class Command>
    void tell(core::Time at, Command command, Call call);
    void hear(const engine::Answer& answer, const engine::Frame& frame);

    // The shard and its store: world.cpp.
    void step();
    void gather(core::Time now);
    std::vector<engine::Input> withhold();
    engine::Frame compute(core::Time now);
    bool commit(const engine::Frame& frame);
    void release(const engine::Frame& frame);
    void restart(bool process_died);
    void rebuild();
    void fill_shard(bool use_snapshots);
    void wake(core::ExecutionId id);
    void wake_due(core::Time now);
    std::optional<core::Time> next_event() const;
    core::Time next_time() const;
    Dice dice_for(std::uint64_t purpose, std::uint64_t counter) const;
    bool may_fail();

    // Those who perform effects: world_peers.cpp.
    void check_effect(const engine::Effect& effect) const;
    void perform(const engine::Effect& effect);
    bool answer_from_cache(const engine::Effect& effect);
    void keep(const engine::Effect& effect, const engine::Completion& completion, core::Time at);
    static std::shared_ptr<const engine::Plan> child_plan();
    void start_real_child(const engine::Effect& effect, Dice& dice);
    void tell_of_child(core::ExecutionId child);
    void follow_children(const engine::Frame& frame);
    void tell_ends_again();
    bool give_up_child(const engine::Abort& aborted);
    /// Another workflow: now and then a real one, else somebody who answers late.
    void start_child(const engine::Effect& effect, Dice& dice);
    void end_child(const engine::Completion& completion, core::Time at);
    void abort(const engine::Abort& abort);

    std::uint64_t seed_;
    Faults faults_;
    Mode mode_;
    std::optional<Appointment> appointment_;
    std::optional<std::size_t> runs_at_appointment_;
    engine::ShardOptions options_;
    std::unique_ptr<engine::Shard> shard_;
    History history_;
    core::Time now_{1'700'000'000'000};
    std::multimap<core::Time, engine::Input> to_come_;  // peers' results and callers' commands
    std::multimap<core::Time, Visit> visits_;
    std::deque<engine::Input> inbox_;
    std::vector<engine::Input> uncommitted_;  // taken by frames whose commit is not known yet
    std::vector<Call> calls_;                 // by token, from 1
    CreationWatch creations_;
    std::size_t workflows_ = 1;
    std::set<core::ExecutionId> promised_;  // callers were told that these exist
    std::set<core::ExecutionId> wanted_;
    std::map<core::ExecutionId, engine::ExecutionOptions> asked_;
    std::set<core::ExecutionId> stepped_;                 // paused ones go on step by step
    std::map<core::ExecutionId, std::uint32_t> resumed_;  // after so many pauses, the last time
    std::set<core::ExecutionId> awake_;                   // parked in the store, yet in memory
    std::set<core::ExecutionId> let_in_;   // wanted, and not recorded to be let in yet
    std::set<core::ExecutionId> parking_;  // by frames whose commit is not known yet
    core::Duration window_{0};             // parked ones are woken so long before their time
    /// Results that are given again for equal calls, from when the first of them is answered.
    struct Kept {
        std::vector<engine::PortValue> outputs;
        core::Time from;
        core::Time until;
    };
    std::map<std::string, Kept> kept_;
    /// What was really started for runs of others.
    struct Child {
        engine::Completion parent;  ///< names the attempt
        bool abandons = false;
    };
    std::map<core::ExecutionId, Child> children_;
    std::shared_ptr<const engine::Plan> child_plan_ = child_plan();
    std::uint64_t steps_ = 0;
    std::uint64_t restarts_ = 0;
    std::uint32_t faults_left_ = 12;  // so that every run comes to its end
    std::uint32_t forks_left_ = 3;
};

}  // namespace millrace::simulation
