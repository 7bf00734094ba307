// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "builtins.hpp"

// Methods of arrays that call a function for each element.
namespace millrace::expr {

namespace {

Cell failed() {
    return Evaluator::failed();
}

/// Calls the first argument for the elements of the receiver, one by one.
class Walk {
public:
    explicit Walk(Call& call) : call_{call}, function_{call.function(0)} {}

    bool ready() const { return function_.has_result(); }
    std::size_t size() const { return array_size(call_.receiver); }
    Cell element(std::size_t index) const { return array_element(call_.receiver, index); }
    /// What the function gives for the element at `index`.
    Cell operator()(const Cell& element, std::size_t index) const {
        const std::array arguments{element, Cell::of(static_cast<double>(index)), call_.receiver};
        return call_.evaluator.call(function_, arguments, call_.node);
    }

private:
    Call& call_;
    Cell function_;
};

Cell map(Call& call) {
    const Walk walk{call};
    if (!walk.ready()) return failed();
    ArrayMaker maker{call.evaluator, walk.size()};
    for (std::size_t i = 0; i < walk.size(); ++i) {
        const Cell result = walk(walk.element(i), i);
        if (!result.has_result() || !maker.push(result)) return failed();
    }
    return maker.finish();
}

Cell filter(Call& call) {
    const Walk walk{call};
    if (!walk.ready()) return failed();
    ArrayMaker maker{call.evaluator};
    for (std::size_t i = 0; i < walk.size(); ++i) {
        const Cell element = walk.element(i);
        const Cell result = walk(element, i);
        if (!result.has_result()) return failed();
        if (is_truthy(result) && !maker.push(element)) return failed();
    }
    return maker.finish();
}

Cell flat_map(Call& call) {
    const Walk walk{call};
    if (!walk.ready()) return failed();
    ArrayMaker maker{call.evaluator, walk.size()};
    for (std::size_t i = 0; i < walk.size(); ++i) {
        const Cell result = walk(walk.element(i), i);
        if (!result.has_result()) return failed();
        if (!result.is_array() || result.kind == Cell::Kind::bytes) {
            if (!maker.push(result)) return failed();
            continue;
        }
        for (std::size_t k = 0; k < array_size(result); ++k) {
            if (!maker.push(array_element(result, k))) return failed();
        }
    }
    return maker.finish();
}

Cell for_each(Call& call) {
    const Walk walk{call};
    if (!walk.ready()) return failed();
    for (std::size_t i = 0; i < walk.size(); ++i) {
        if (!walk(walk.element(i), i).has_result()) return failed();
    }
    return {};
}

struct Found {
    bool ok = false;  ///< no failure
    bool found = false;
    std::size_t index = 0;
    Cell element;
};

/// The first element for which the function's truth is `wanted`.
Found search(Call& call, bool wanted, bool backwards) {
    const Walk walk{call};
    if (!walk.ready()) return {};
    for (std::size_t i = 0; i < walk.size(); ++i) {
        const std::size_t index = backwards ? walk.size() - 1 - i : i;
        const Cell element = walk.element(index);
        const Cell result = walk(element, index);
        if (!result.has_result()) return {};
        if (is_truthy(result) == wanted) return {true, true, index, element};
    }
    return {.ok = true};
}

Cell element_of(const Found& found) {
    return found.ok ? found.element : failed();
}

Cell index_of(const Found& found) {
    if (!found.ok) return failed();
    return Cell::of(found.found ? static_cast<double>(found.index) : -1.0);
}

Cell some(Call& call) {
    const Found found = search(call, true, false);
    return found.ok ? Cell::of(found.found) : failed();
}

Cell every(Call& call) {
    const Found found = search(call, false, false);
    return found.ok ? Cell::of(!found.found) : failed();
}

Cell find(Call& call) {
    return element_of(search(call, true, false));
}

Cell find_index(Call& call) {
    return index_of(search(call, true, false));
}

Cell find_last(Call& call) {
    return element_of(search(call, true, true));
}

Cell find_last_index(Call& call) {
    return index_of(search(call, true, true));
}

Cell fold(Call& call, bool backwards) {
    const Cell function = call.function(0);
    if (!function.has_result()) return failed();
    const std::size_t size = array_size(call.receiver);
    const auto place = [&](std::size_t i) { return backwards ? size - 1 - i : i; };
    const bool given = call.arguments.size() > 1;
    if (!given && size == 0) return call.fail_type("an empty array needs an initial value");
    Cell result = given ? call.arguments[1] : array_element(call.receiver, place(0));
    for (std::size_t i = given ? 0 : 1; i < size; ++i) {
        const std::array arguments{result, array_element(call.receiver, place(i)),
                                   Cell::of(static_cast<double>(place(i))), call.receiver};
        result = call.evaluator.call(function, arguments, call.node);
        if (!result.has_result()) return failed();
    }
    return result;
}

Cell reduce(Call& call) {
    return fold(call, false);
}

Cell reduce_right(Call& call) {
    return fold(call, true);
}

constexpr std::string_view takes_element = "(element, index, array) => …";
constexpr std::string_view takes_result = "(result, element, index, array) => …, initial?";

constexpr auto table = std::to_array<Builtin>({
    {"array", "every", every, takes_element},
    {"array", "filter", filter, takes_element},
    {"array", "find", find, takes_element},
    {"array", "findIndex", find_index, takes_element},
    {"array", "findLast", find_last, takes_element},
    {"array", "findLastIndex", find_last_index, takes_element},
    {"array", "flatMap", flat_map, takes_element},
    {"array", "forEach", for_each, takes_element},
    {"array", "map", map, takes_element},
    {"array", "reduce", reduce, takes_result},
    {"array", "reduceRight", reduce_right, takes_result},
    {"array", "some", some, takes_element},
    {"bytes", "every", every, takes_element},
    {"bytes", "find", find, takes_element},
    {"bytes", "findIndex", find_index, takes_element},
    {"bytes", "findLast", find_last, takes_element},
    {"bytes", "findLastIndex", find_last_index, takes_element},
    {"bytes", "forEach", for_each, takes_element},
    {"bytes", "reduce", reduce, takes_result},
    {"bytes", "reduceRight", reduce_right, takes_result},
    {"bytes", "some", some, takes_element},
});

}  // namespace

std::span<const Builtin> array_call_builtins() {
    return table;
}

}  // namespace millrace::expr
