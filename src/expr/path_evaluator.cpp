// SPDX-License-Identifier: Apache-2.0
#include "path_evaluator.hpp"

#include <algorithm>

namespace millrace::expr {

using core::Value;

namespace {

/// The values of an array or an object, in order.
template <class Visit>
bool each_child(const Value& node, Visit visit) {
    if (node.is_array()) {
        for (const Value& element : node.as_array()) {
            if (!visit(element)) return false;
        }
    } else if (node.is_object()) {
        for (const core::Member& member : node.as_object()) {
            if (!visit(member.value)) return false;
        }
    }
    return true;
}

std::int64_t size_of(const Value& array) {
    return static_cast<std::int64_t>(array.size());
}

}  // namespace

bool PathEvaluator::pay(std::uint64_t units) {
    if (fuel_.left >= units) {
        fuel_.left -= units;
        return true;
    }
    fuel_.left = 0;
    return fail("fuel_exhausted",
                "the path looks at more than it may; narrow it, or the data that it reads");
}

bool PathEvaluator::fail(std::string_view code, std::string message) {
    core::Failure failure;
    failure.code = code;
    failure.error_class = core::ErrorClass::limit;
    failure.message = std::move(message);
    failure_ = std::move(failure);
    return false;
}

bool PathEvaluator::select(const PathQuery& query, const Value& current, PathSink& sink) {
    return walk(query, 0, query.from_root ? root_ : current, sink);
}

// Depth first gives the RFC's order too: a segment's result is the results of its input nodes,
// one after the other.
bool PathEvaluator::walk(const PathQuery& query, std::size_t segment, const Value& node,
                         PathSink& sink) {
    if (!pay(1)) return false;
    if (segment == query.segments.size()) return sink.take(node);
    if (query.segments[segment].descendant) return descend(query, segment, node, sink);
    return apply(query, segment, node, sink);
}

bool PathEvaluator::descend(const PathQuery& query, std::size_t segment, const Value& node,
                            PathSink& sink) {
    // Trees may be of any depth, so they are not walked by recursion.
    std::vector<const Value*> open{&node};
    while (!open.empty()) {
        const Value& next = *open.back();
        open.pop_back();
        if (!pay(1) || !apply(query, segment, next, sink)) return false;
        const std::size_t before = open.size();
        each_child(next, [&](const Value& child) {
            // What has no children has nothing to select from.
            if (child.is_array() || child.is_object()) open.push_back(&child);
            return true;
        });
        std::reverse(open.begin() + static_cast<std::ptrdiff_t>(before), open.end());
        if (!pay(next.is_array() || next.is_object() ? next.size() : 0)) return false;
    }
    return true;
}

bool PathEvaluator::apply(const PathQuery& query, std::size_t segment, const Value& node,
                          PathSink& sink) {
    return std::ranges::all_of(query.segments[segment].selectors, [&](const PathSelector& next) {
        return apply(query, segment, next, node, sink);
    });
}

bool PathEvaluator::apply(const PathQuery& query, std::size_t segment, const PathSelector& selector,
                          const Value& node, PathSink& sink) {
    if (!pay(1)) return false;
    switch (selector.kind) {
        case PathSelector::Kind::name: {
            const Value* const child = node.find(selector.name);
            return child == nullptr || walk(query, segment + 1, *child, sink);
        }
        case PathSelector::Kind::wildcard:
            return each_child(
                node, [&](const Value& child) { return walk(query, segment + 1, child, sink); });
        case PathSelector::Kind::index: {
            if (!node.is_array()) return true;
            const std::int64_t size = size_of(node);
            const std::int64_t index = *selector.start + (*selector.start < 0 ? size : 0);
            if (index < 0 || index >= size) return true;
            return walk(query, segment + 1, node.as_array()[static_cast<std::size_t>(index)], sink);
        }
        case PathSelector::Kind::slice: return slice(query, segment, selector, node, sink);
        case PathSelector::Kind::filter:
            return each_child(node, [&](const Value& child) {
                if (!pay(1)) return false;
                const bool passes = test(selector.test, child);
                if (failure_) return false;
                return !passes || walk(query, segment + 1, child, sink);
            });
    }
    return true;
}

bool PathEvaluator::slice(const PathQuery& query, std::size_t segment, const PathSelector& selector,
                          const Value& node, PathSink& sink) {
    if (!node.is_array() || selector.step == 0) return true;
    const std::int64_t size = size_of(node);
    const std::int64_t step = selector.step;
    const bool forward = step > 0;
    // The RFC's bounds: within [0, size] forwards, within [-1, size - 1] backwards.
    const auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
        if (!given) return otherwise;
        const std::int64_t place = *given + (*given < 0 ? size : 0);
        return forward ? std::clamp<std::int64_t>(place, 0, size)
                       : std::clamp<std::int64_t>(place, -1, size - 1);
    };
    const std::int64_t start = bound(selector.start, forward ? 0 : size - 1);
    const std::int64_t end = bound(selector.end, forward ? size : -1);
    for (std::int64_t i = start; forward ? i < end : i > end; i += step) {
        const Value& element = node.as_array()[static_cast<std::size_t>(i)];
        if (!walk(query, segment + 1, element, sink)) return false;
    }
    return true;
}

}  // namespace millrace::expr
