// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "view_state.hpp"

// What runs wait for, as people see it: the same rules as in apply_waits.cpp.

namespace millrace::engine {

std::optional<core::Value> ViewState::take_letter(const WaitOpened& r) {
    const bool is_signal = r.kind == WaitKind::signal;
    const auto letter = std::ranges::find_if(letters, [&](const WaitView& one) {
        return is_signal ? !one.signal.empty() && one.signal == r.name
                         : one.signal.empty() && one.run == r.run;
    });
    if (letter == letters.end()) {
        waits.push_back({r.run, is_signal ? r.name : std::string{}, {}});
        return std::nullopt;
    }
    core::Value content = std::move(letter->content);
    letters.erase(letter);
    return content;
}

bool ViewState::take_signal(const SignalReceived& r) {
    const auto waiting = std::ranges::find_if(
        waits, [&](const WaitView& wait) { return !wait.signal.empty() && wait.signal == r.name; });
    if (waiting == waits.end()) {
        letters.push_back({{}, r.name, r.data});
        return false;
    }
    const RunKey run = waiting->run;
    waits.erase(waiting);
    if (find(run) != nullptr) pending(run).outputs = {{core::PortIndex{0}, r.data}};
    return true;
}

bool ViewState::take_answer(const AnswerReceived& r) {
    const auto waiting = std::ranges::find(waits, r.run, &WaitView::run);
    if (waiting == waits.end()) {
        letters.push_back({r.run, "", r.answer});
        return false;
    }
    waits.erase(waiting);
    if (find(r.run) != nullptr) pending(r.run).outputs = {{core::PortIndex{0}, r.answer}};
    return true;
}

void ViewState::forget_wait(const RunKey& run) {
    std::erase_if(waits, [&](const WaitView& wait) { return wait.run == run; });
}

}  // namespace millrace::engine
