// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "millrace/core/event.hpp"
#include "millrace/engine/execution_view.hpp"
#include "run/run_facts.hpp"
#include "terminal/console.hpp"
#include "terminal/timeline.hpp"

namespace millrace::cli {

/// Shows on stderr how an execution proceeds. Used from one thread.
class Progress {
public:
    virtual ~Progress() = default;
    virtual void feed(const core::Event& event) = 0;
    /// An event of an earlier process, which has shown it.
    virtual void recall(const core::Event& event) = 0;
    /// How far a container of the top level has come.
    virtual void count(const std::string& node_id, const engine::IterationCounts& counts) = 0;
    virtual void say(Line line) = 0;
    /// Shows what time alone changes. Called some times a second.
    virtual void tick() = 0;
    /// Something else tells at the end what became of the nodes.
    virtual void leave_out_nodes() {}
    /// Nothing follows; leaves the terminal as a reader expects it.
    virtual void finish() = 0;
};

/// The calm view on a terminal, else plain lines. `hint` tells what Ctrl-C does. `console` outlives
/// it.
std::unique_ptr<Progress> make_progress(const Console& console, RunFacts facts, std::string hint);
/// Shows nothing.
std::unique_ptr<Progress> make_silent_progress();
/// Plain lines for many executions at once: only what is said, no events.
std::unique_ptr<Progress> make_quiet_progress(const Console& console);

/// Shows what another one shows, and adds up what runs inside containers.
class CountingProgress final : public Progress {
public:
    explicit CountingProgress(std::unique_ptr<Progress> shown) : shown_{std::move(shown)} {}

    const InnerRuns& inner() const { return inner_; }

    void feed(const core::Event& event) override {
        inner_.take(event);
        shown_->feed(event);
    }
    void recall(const core::Event& event) override {
        inner_.take(event);
        shown_->recall(event);
    }
    void count(const std::string& node_id, const engine::IterationCounts& counts) override {
        shown_->count(node_id, counts);
    }
    void say(Line line) override { shown_->say(std::move(line)); }
    void tick() override { shown_->tick(); }
    void leave_out_nodes() override { shown_->leave_out_nodes(); }
    void finish() override { shown_->finish(); }

private:
    std::unique_ptr<Progress> shown_;
    InnerRuns inner_;
};

}  // namespace millrace::cli
