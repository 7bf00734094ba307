// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "observation/facts.hpp"
#include "tracing/span.hpp"

namespace millrace::server {

/// Makes spans of executions, runs of nodes and attempts at effects, each when it has ended. Of
/// traces whose beginner does not want them to be kept it makes none.
class SpanSink final : public FactSink {
public:
    using Give = std::function<void(Span)>;

    explicit SpanSink(Give give) : give_{std::move(give)} {}

    void on_node(const NodeFact& fact) override;
    void on_ended(const ExecutionFact& fact) override;

private:
    void give_attempts(const NodeFact& fact, const Span& run);

    const Give give_;
};

/// The trace that an execution belongs to.
std::string trace_id_of(const ObservedExecution& execution);

}  // namespace millrace::server
