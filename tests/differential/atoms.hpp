// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// What random expressions are made of.
namespace millrace::differential {

std::span<const std::string_view> number_atoms();
std::span<const std::string_view> text_atoms();
std::span<const std::string_view> flag_atoms();
std::span<const std::string_view> list_atoms();
std::span<const std::string_view> object_atoms();
std::span<const std::string_view> odd_atoms();

/// `$X` in a form is a part: N a number, T a text, F a truth value, L a list, O an object, A
/// anything; m p l r R functions for lists (map, predicate, flat map, reduce), c C comparators,
/// s a replacer of texts, v one of members.
struct Row {
    std::string_view form;
    std::uint32_t weight = 1;
};
std::span<const Row> number_rows();
std::span<const Row> text_rows();
std::span<const Row> flag_rows();
std::span<const Row> list_rows();
std::span<const Row> object_rows();
std::span<const Row> any_rows();

}  // namespace millrace::differential
