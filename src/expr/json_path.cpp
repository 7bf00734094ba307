// SPDX-License-Identifier: Apache-2.0
#include "millrace/expr/json_path.hpp"

#include "path_evaluator.hpp"
#include "path_parser.hpp"

namespace millrace::expr {

namespace {

using core::Value;

class AllNodes final : public PathSink {
public:
    bool take(const Value& node) override {
        values.push_back(node);
        return true;
    }
    std::vector<Value> values;
};

class AnyNode final : public PathSink {
public:
    bool take(const Value&) override {
        found = true;
        return false;
    }
    bool found = false;
};

std::expected<void, core::Failure> run(const PathProgram& program, const Value& root, Fuel& fuel,
                                       PathSink& sink) {
    PathEvaluator evaluator{program, root, fuel};
    evaluator.run(sink);
    if (evaluator.failure()) return std::unexpected{*evaluator.failure()};
    return {};
}

}  // namespace

core::Result<JsonPath> JsonPath::parse(std::string_view source) {
    auto program = std::make_shared<PathProgram>();
    if (auto ok = PathParser{*program, source}.run(); !ok) {
        return core::fail(ok.error().code, placed_message(source, ok.error()));
    }
    program->source = source;
    return JsonPath{std::move(program)};
}

std::expected<std::vector<Value>, core::Failure> JsonPath::select(const Value& root,
                                                                  Fuel& fuel) const {
    AllNodes nodes;
    if (auto ok = run(*program_, root, fuel, nodes); !ok) return std::unexpected{ok.error()};
    return std::move(nodes.values);
}

std::expected<bool, core::Failure> JsonPath::exists(const Value& root, Fuel& fuel) const {
    AnyNode node;
    if (auto ok = run(*program_, root, fuel, node); !ok) return std::unexpected{ok.error()};
    return node.found;
}

std::string_view JsonPath::source() const {
    return program_->source;
}

}  // namespace millrace::expr
