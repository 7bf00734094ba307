// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <string_view>

#include "behaviours.hpp"
#include "container.hpp"
#include "field.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr std::array<std::string_view, 3> kinds{"over", "times", "while"};

void check_kind(const Value& data, const std::string& pointer, core::Problems& problems) {
    std::string_view first;
    for (const std::string_view kind : kinds) {
        if (data.find(kind) == nullptr) continue;
        if (first.empty()) {
            first = kind;
            continue;
        }
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, kind),
                    "a loop has only one of `over`, `times` and `while`; this one has `" +
                        std::string{first} + "` already");
    }
    if (first.empty()) {
        add_problem(problems, ProblemCode::bad_value, pointer,
                    "the loop has no end; give it one of `over`, `times` and `while`");
    }
}

void check_company(const Value& data, const std::string& pointer, core::Problems& problems) {
    const bool counts = data.find("times") != nullptr || data.find("while") != nullptr;
    if (data.find("batch_size") != nullptr && counts && data.find("over") == nullptr) {
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "batch_size"),
                    "only a loop with `over` has batches; remove it");
    }
    const Value* const concurrency = data.find("concurrency");
    if (data.find("while") != nullptr && concurrency != nullptr && *concurrency != Value{1}) {
        add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, "concurrency"),
                    "`while` sees the last result, so its iterations run one at a time; remove it");
    }
}

void check_conditions(const Value& data, const std::string& pointer, core::Problems& problems) {
    for (const std::string_view key : {"while", "break"}) {
        const Value* const condition = data.find(key);
        if (condition == nullptr || !condition->is_string() || condition->size() > 0) continue;
        add_problem(problems, ProblemCode::bad_expression, core::pointer_child(pointer, key),
                    "the expression is empty");
    }
}

class FlowLoop final : public Container {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_kind(data, pointer, problems);
        check_company(data, pointer, problems);
        check_conditions(data, pointer, problems);
    }
};

}  // namespace

Behaviour flow_loop() {
    return std::make_shared<FlowLoop>();
}

}  // namespace millrace::nodes
