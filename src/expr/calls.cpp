// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "builtins.hpp"
#include "evaluator.hpp"
#include "names.hpp"

namespace millrace::expr {

namespace {

/// What a call needs of the stack besides the function's tree, in steps of a tree.
constexpr std::uint32_t call_depth = 8;

}  // namespace

/// Of one call: few of them take no memory but the stack's.
struct Evaluator::Arguments {
    static constexpr std::size_t few = 4;

    std::array<Cell, few> own;
    std::span<const Cell> all;
};

bool Evaluator::collect(Arguments& arguments, const Node& node) {
    if (!node.spreads && node.c <= Arguments::few) {
        for (NodeIndex i = 0; i < node.c; ++i) {
            arguments.own[i] = eval(program_.lists[node.b + i]);
            if (!arguments.own[i].has_result()) return false;
        }
        arguments.all = {arguments.own.data(), node.c};
        return true;
    }
    ArrayMaker maker{*this, node.c};
    for (NodeIndex i = 0; i < node.c; ++i) {
        const NodeIndex index = program_.lists[node.b + i];
        if (program_.nodes[index].op == Op::spread) {
            if (!push_spread(maker, program_.nodes[index])) return false;
            continue;
        }
        const Cell cell = eval(index);
        if (!cell.has_result() || !maker.push(cell)) return false;
    }
    arguments.all = maker.cells();
    return true;
}

Cell Evaluator::function(const Node& node) {
    const Function& code = program_.functions[node.a];
    if (code.captures.empty()) return Cell::of(&code.plain, new_identity());
    if (!charge(code.captures.size())) return failed();
    Cell* captured = scratch_.take<Cell>(code.captures.size());
    std::ranges::transform(code.captures, captured, [&](const Function::Capture& capture) {
        return capture.local ? slots_[frame_ + capture.index] : captured_[capture.index];
    });
    auto* closure = new (scratch_.take<Closure>(1)) Closure{&code, captured};
    return Cell::of(closure, new_identity());
}

Cell Evaluator::call_value(const Node& node) {
    const Cell callee = eval(node.a);
    if (!callee.has_result()) return callee;
    if (callee.is_nullish() && node.optional_call) return Cell::bare(Cell::Kind::cut);
    Arguments arguments;
    if (!collect(arguments, node)) return failed();
    return call(callee, arguments.all, node);
}

Cell Evaluator::call_builtin(const Node& node) {
    Arguments arguments;
    if (!collect(arguments, node)) return failed();
    Call call{*this, node, Cell{}, arguments.all};
    return all_builtins()[node.d].function(call);
}

Cell Evaluator::call_method(const Node& node) {
    const Cell receiver = eval(node.a);
    if (!receiver.has_result()) return receiver;
    const Method& method = program_.methods[node.d];
    if (receiver.is_nullish()) return nullish_access(receiver, method.name, node);
    const Builtin* builtin = method.by_kind[static_cast<std::size_t>(receiver.kind)];
    const bool own = receiver.is_object() && own_property(receiver, method.name).has_value();
    if (builtin == nullptr || own) return call_property(receiver, method, node);
    Arguments arguments;
    if (!collect(arguments, node)) return failed();
    Call call{*this, node, receiver, arguments.all};
    return builtin->function(call);
}

// A call of what is no builtin method of the receiver.
Cell Evaluator::call_property(const Cell& receiver, const Method& method, const Node& node) {
    const Cell found = property(receiver, method.name, node);
    if (!found.has_result()) return found;
    if (found.is_nullish() && node.optional_call) return Cell::bare(Cell::Kind::cut);
    Arguments arguments;
    if (!collect(arguments, node)) return failed();
    const std::string call = "`" + std::string{method.name} + "()`";
    // Whoever reads the expression takes it for the builtin method, whose result is known to be
    // new.
    if (found.is_function()) return fail_not_native(node, call + " of an object's own");
    std::string owners;
    for (const Builtin& builtin : all_builtins()) {
        if (builtin.name != method.name || is_namespace(builtin.owner)) continue;
        owners.append(owners.empty() ? "" : ", ").append(builtin.owner);
    }
    return fail_type(node, "this has no method " + call + "; it is one of: " + owners);
}

Cell Evaluator::call(const Cell& function, std::span<const Cell> arguments, const Node& node) {
    if (function.kind == Cell::Kind::function) return invoke(*function.closure, arguments, node);
    if (function.kind != Cell::Kind::builtin) {
        return function.has_result() ? fail_type(node, "what is called is no function") : function;
    }
    if (!charge(1)) return failed();
    if (depth_ + call_depth > call_depth_max) {
        return fail_depth(node, "the calls are nested too deeply");
    }
    depth_ += call_depth;
    Call call{*this, node, Cell{}, arguments};
    const Cell result = function.callee->function(call);
    depth_ -= call_depth;
    return result;
}

Cell Evaluator::invoke(const Closure& closure, std::span<const Cell> arguments, const Node& node) {
    const Function& code = *closure.code;
    const std::uint32_t depth = code.depth + call_depth;
    if (!charge(1)) return failed();
    if (depth_ + depth > call_depth_max) {
        return fail_depth(node, "the calls are nested too deeply");
    }
    const std::size_t base = slots_.size();
    const std::size_t outer_frame = std::exchange(frame_, base);
    const Cell* outer_captured = std::exchange(captured_, closure.captured);
    depth_ += depth;
    slots_.resize(base + code.slots);
    std::copy_n(arguments.begin(), std::min<std::size_t>(arguments.size(), code.parameters),
                slots_.begin() + static_cast<std::ptrdiff_t>(base));
    const bool bound = (!code.rest && code.bindings.empty()) || bind(code, arguments, base);
    const Cell result = bound ? eval(code.body) : failed();
    slots_.resize(base);
    depth_ -= depth;
    captured_ = outer_captured;
    frame_ = outer_frame;
    return result;
}

bool Evaluator::bind(const Function& code, std::span<const Cell> arguments, std::size_t base) {
    if (code.rest) {
        const std::size_t first = std::min<std::size_t>(arguments.size(), code.parameters);
        ArrayMaker maker{*this, arguments.size() - first};
        for (const Cell& cell : arguments.subspan(first)) {
            if (!maker.push(cell)) return false;
        }
        slots_[base + code.parameters] = maker.finish();
    }
    for (const Function::Binding& binding : code.bindings) {
        const Cell cell = eval(binding.node);
        if (!cell.has_result()) return false;
        slots_[base + binding.slot] = cell;
    }
    return true;
}

}  // namespace millrace::expr
