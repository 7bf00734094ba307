// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_judge_outside.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "terminal/styled.hpp"
#include "terminal/wording.hpp"
#include "test_kit/test_mocks.hpp"
#include "test_kit/test_steps.hpp"
#include "test_kit/value_diff.hpp"

namespace millrace::cli {
namespace {

using core::Value;
using runtime::OutsideCall;
using runtime::OutsideWait;

std::string_view word_of(engine::WaitRow::State state) {
    using State = engine::WaitRow::State;
    switch (state) {
        case State::open: return "open";
        case State::answered: return "answered";
        case State::expired: return "expired";
        case State::ended: return "ended";
    }
    return {};
}

std::string text_in(const OutsideCall& mail, std::string_view part) {
    const Value* const text = mail.request.find(part);
    return text != nullptr && text->is_string() ? std::string{text->as_string()} : std::string{};
}

/// Not a longer one that begins like it.
bool holds_link(std::string_view text, std::string_view link) {
    constexpr std::string_view name_letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    for (std::size_t at = text.find(link); at != std::string_view::npos;
         at = text.find(link, at + 1)) {
        const std::size_t end = at + link.size();
        if (end == text.size() || !name_letters.contains(text[end])) return true;
    }
    return false;
}

class OutsideJudgement {
public:
    explicit OutsideJudgement(const runtime::Rehearsed& rehearsed) : rehearsed_{rehearsed} {}

    std::vector<TestFailure> take() { return std::move(failures_); }

    void judge_wait(const format::WaitExpectation& expected) {
        const std::string place = "waits." + expected.target;
        // Of a run that has waited several times, the last.
        const auto found = std::ranges::find_if(
            rehearsed_.waits.rbegin(), rehearsed_.waits.rend(), [&](const OutsideWait& one) {
                return goes_by(expected.target, one.workflow, one.wait.path, one.wait.node_id);
            });
        if (found == rehearsed_.waits.rend())
            return fail(place, expected.state.empty() ? "a wait" : expected.state, "none");
        const OutsideWait& wait = *found;
        if (!expected.state.empty() && expected.state != word_of(wait.wait.state))
            fail(place + ".state", expected.state, std::string{word_of(wait.wait.state)});
        if (expected.took) judge_time(*expected.took, wait, place + ".took");
        if (expected.details) compare(*expected.details, wait.wait.details, place + ".details");
        if (expected.answer) compare(*expected.answer, wait.wait.answer, place + ".answer");
    }

    void judge_mails(const std::vector<format::MailExpectation>& expected) {
        const std::vector<const OutsideCall*> mails = mails_of(rehearsed_);
        if (mails.size() != expected.size()) {
            std::string actual = counted(mails.size(), "mail");
            for (const OutsideCall* const mail : mails)
                actual += (mail == mails.front() ? ": " : ", ") +
                          value_brief(Value{text_in(*mail, "subject")});
            fail("mails", counted(expected.size(), "mail"), std::move(actual));
        }
        for (std::size_t i = 0; i < std::min(mails.size(), expected.size()); ++i)
            judge_mail(expected[i], *mails[i], "mails[" + std::to_string(i) + "]");
    }

private:
    void fail(std::string what, std::string expected, std::string actual) {
        failures_.push_back({std::move(what), std::move(expected), std::move(actual)});
    }

    void compare(const Value& expected, const Value& actual, const std::string& place) {
        for (Difference& one : differences(expected, actual, Matching::part, place))
            fail(std::move(one.place), std::move(one.expected), std::move(one.actual));
    }

    void judge_time(const format::DurationExpectation& expected, const OutsideWait& wait,
                    std::string place) {
        const core::ExecutionStatus status = rehearsed_.view.status();
        const core::Time end = wait.closed_at.value_or(
            core::is_terminal(status) ? *rehearsed_.view.completed_at() : wait.wait.at);
        const core::Duration actual = end - wait.wait.at;
        if (actual >= expected.min && actual <= expected.max) return;
        std::string wanted = core::to_text(expected.min);
        if (expected.min != expected.max)
            wanted = actual < expected.min ? "at least " + wanted
                                           : "at most " + core::to_text(expected.max);
        fail(std::move(place), std::move(wanted), core::to_text(actual));
    }

    void judge_mail(const format::MailExpectation& expected, const OutsideCall& mail,
                    const std::string& place) {
        if (!expected.from.empty() && expected.from != text_in(mail, "from"))
            fail(place + ".from", expected.from, one_line(text_in(mail, "from")));
        if (!expected.to.empty()) {
            const Value wanted = Value::array({expected.to.begin(), expected.to.end()});
            const Value* const to = mail.request.find("to");
            compare(wanted, to == nullptr ? Value{} : *to, place + ".to");
        }
        const auto holds = [&](const char* part, const std::string& wanted) {
            const std::string text = text_in(mail, part);
            if (text.find(wanted) == std::string::npos)
                fail(place + "." + part, "a text with " + value_brief(Value{wanted}),
                     value_brief(Value{text}));
        };
        holds("subject", expected.subject);
        holds("text", expected.text);
        holds("html", expected.html);
        const std::string whole = text_in(mail, "text") + text_in(mail, "html");
        for (const std::string& node : expected.links) {
            const std::string link =
                std::string{runtime::rehearsed_links} + std::string{node_of_path(node)};
            if (!holds_link(whole, link)) fail(place + ".links", link, value_brief(Value{whole}));
        }
    }

    const runtime::Rehearsed& rehearsed_;
    std::vector<TestFailure> failures_;
};

}  // namespace

std::vector<const OutsideCall*> mails_of(const runtime::Rehearsed& rehearsed) {
    std::vector<const OutsideCall*> mails;
    for (const OutsideCall& call : rehearsed.calls) {
        // No other request has these.
        const bool is_mail =
            call.request.find("subject") != nullptr && call.request.find("to") != nullptr;
        if (is_mail && !call.has_failed) mails.push_back(&call);
    }
    return mails;
}

std::vector<TestFailure> judge_outside(const format::Expectations& expect,
                                       const runtime::Rehearsed& rehearsed) {
    OutsideJudgement judgement{rehearsed};
    for (const format::WaitExpectation& wait : expect.waits)
        judgement.judge_wait(wait);
    if (expect.mails) judgement.judge_mails(*expect.mails);
    return judgement.take();
}

}  // namespace millrace::cli
