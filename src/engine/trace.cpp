// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/trace.hpp"

#include "millrace/core/hash.hpp"
#include "millrace/engine/frame.hpp"

namespace millrace::engine {
namespace {

std::string hex(std::uint64_t number) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- > 0; number >>= 4)
        text[i] = digits[number & 15];
    return text;
}

/// Spreads what FNV leaves close together (the finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

std::string span(std::string_view name) {
    const std::uint64_t number = mixed(core::fnv1a64(name));
    return hex(number == 0 ? 1 : number);  // W3C: all zero is no span
}

}  // namespace

std::string own_trace_id(core::ExecutionId id) {
    std::string text = id.text();
    std::erase(text, '-');
    return text;
}

std::string execution_span(core::ExecutionId id) {
    return span(id.text());
}

std::string run_span(core::ExecutionId id, std::string_view path, std::uint32_t generation,
                     std::uint32_t attempt) {
    std::string name = id.text();
    name.append("/").append(path);
    name.append("/").append(std::to_string(generation)).append("/");
    return span(name.append(std::to_string(attempt)));
}

TraceContext trace_of(const Effect& effect) {
    TraceContext trace;
    if (effect.outer_trace) trace = *effect.outer_trace;
    if (trace.trace_id.empty()) trace.trace_id = own_trace_id(effect.id);
    trace.parent_span = run_span(effect.id, effect.path, effect.run.generation, effect.attempt);
    return trace;
}

}  // namespace millrace::engine
