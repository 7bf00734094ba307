// SPDX-License-Identifier: Apache-2.0
#include "terminal/progress.hpp"

#include <map>
#include <ostream>

#include "run/run_view.hpp"
#include "terminal/live_area.hpp"
#include "terminal/plain_lines.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

class LiveProgress final : public Progress {
public:
    LiveProgress(const Console& console, RunFacts facts, std::string hint)
        : console_{console},
          view_{std::move(facts), console.unicode, std::move(hint)},
          area_{console.paints_err()} {}

    void feed(const core::Event& event) override { view_.feed(event); }
    void recall(const core::Event& event) override { view_.recall(event); }
    void count(const std::string& node_id, const engine::IterationCounts& counts) override {
        view_.count(node_id, counts);
    }
    void say(Line line) override {
        view_.say(std::move(line));
        tick();
    }
    void tick() override {
        const TerminalSize size = console_.size();
        write(area_.draw(view_.picture(console_.now(), size), size));
    }
    void leave_out_nodes() override { shows_nodes_ = false; }
    void finish() override {
        const TerminalSize size = console_.size();
        const RunView::LastNodes nodes =
            shows_nodes_ ? RunView::LastNodes::shown : RunView::LastNodes::left_out;
        write(area_.draw(view_.last_picture(console_.now(), size, nodes), size));
    }

private:
    void write(const std::string& bytes) const {
        if (!bytes.empty()) console_.err << bytes << std::flush;
    }

    const Console& console_;
    RunView view_;
    LiveArea area_;
    bool shows_nodes_ = true;
};

class SilentProgress final : public Progress {
public:
    void feed(const core::Event&) override {}
    void recall(const core::Event&) override {}
    void count(const std::string&, const engine::IterationCounts&) override {}
    void say(Line) override {}
    void tick() override {}
    void finish() override {}
};

class PlainProgress final : public Progress {
public:
    PlainProgress(const Console& console, RunFacts facts)
        : console_{console}, facts_{std::move(facts)} {}

    void feed(const core::Event& event) override {
        if (!inner_.takes(event)) return;
        auto line = plain_line(event, facts_);
        if (!line) return;
        const auto counts = counts_.find(event.node_id);
        if (event.type == core::EventType::node_completed && counts != counts_.end())
            line->push_back({Tone::plain, ", " + iteration_words(counts->second)});
        print(event.time, std::move(*line));
        if (inner_.has_just_ended())
            print(event.time, {{Tone::dim, "further lines of iterations are left out"}});
    }
    void recall(const core::Event&) override {}
    void count(const std::string& node_id, const engine::IterationCounts& counts) override {
        const NodeFacts* const node = facts_.find(node_id);
        if (node != nullptr && node->is_loop) counts_.insert_or_assign(node_id, counts);
    }
    void say(Line line) override { print(console_.now(), std::move(line)); }
    void tick() override {}
    void finish() override {}

private:
    void print(core::Time at, Line line) const {
        line.insert(line.begin(), {Tone::dim, clock_text(console_.local(at)) + " "});
        console_.say(line);
    }

    const Console& console_;
    RunFacts facts_;
    InnerLines inner_;
    std::map<std::string, engine::IterationCounts, std::less<>> counts_;
};

}  // namespace

std::unique_ptr<Progress> make_progress(const Console& console, RunFacts facts, std::string hint) {
    if (console.err_is_terminal)
        return std::make_unique<LiveProgress>(console, std::move(facts), std::move(hint));
    return std::make_unique<PlainProgress>(console, std::move(facts));
}

std::unique_ptr<Progress> make_silent_progress() {
    return std::make_unique<SilentProgress>();
}

std::unique_ptr<Progress> make_quiet_progress(const Console& console) {
    return std::make_unique<PlainProgress>(console, RunFacts{});
}

}  // namespace millrace::cli
