// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/engine/execution_view.hpp"
#include "run/run_facts.hpp"
#include "terminal/console.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// What a terminal shows: lines that will not change any more, to be printed once, and below them
/// lines that are drawn again each time.
struct Picture {
    std::vector<Line> settled;
    std::vector<Line> live;
};

/// The calm view of one execution: a line per node in the order of their starts, and one for the
/// whole. A machine without I/O: events in, lines out.
class RunView {
public:
    /// `hint` stands at the end of the last line, such as `Ctrl-C cancels`.
    RunView(RunFacts facts, bool unicode, std::string hint);

    void feed(const core::Event& event);
    /// An event of the time before this view; an earlier one has shown it.
    void recall(const core::Event& event);
    /// How far a loop has come; shown beside it.
    void count(const std::string& node_id, const engine::IterationCounts& counts);
    /// A line for the reader that stays above the nodes.
    void say(Line line) { said_.push_back(std::move(line)); }

    /// Lines that fit the terminal. When there are more nodes than rows, those that have ended are
    /// settled, oldest first.
    Picture picture(core::Time now, TerminalSize size);
    /// Everything is settled; what is not settled yet of the nodes may be left out.
    enum class LastNodes { shown, left_out };
    Picture last_picture(core::Time now, TerminalSize size, LastNodes nodes = LastNodes::shown);

private:
    enum class State {
        running,
        retrying,
        waiting,
        asking,
        standing_in,
        completed,
        failed,
        skipped,
        canceled
    };
    struct Row {
        std::size_t node = 0;
        State state = State::running;
        core::Time since;
        core::Time due;  ///< zero: of one that asks, for ever
        std::uint32_t attempt = 0;
        std::string words;
    };

    static bool has_ended(State state) { return state >= State::completed; }
    Row& row_of(const core::Event& event);
    void feed_node(const core::Event& event);
    void remark(const core::Event& event);
    void end(Row& row, State state, std::string words);
    Line line_of(const Row& row, core::Time now) const;
    Span symbol_of(State state) const;
    std::string words_of(const Row& row, core::Time now) const;
    Line summary(core::Time now, std::size_t hidden) const;

    RunFacts facts_;
    bool unicode_;
    std::string hint_;
    std::size_t name_width_ = 0;
    std::vector<Row> rows_;  // not settled yet
    std::vector<Line> said_;
    InnerLines inner_;
    std::map<std::size_t, engine::IterationCounts> counts_;  // by node
    core::Time started_;
    std::size_t ended_ = 0;
};

}  // namespace millrace::cli
