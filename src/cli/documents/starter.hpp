// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::cli {

/// A workflow to start from. Every one is valid and runs as it is, with `try_with`.
struct StarterTemplate {
    std::string_view name;
    std::string_view title;     ///< what it does, for choosing
    std::string_view yaml;      ///< with `@ID@` and `@NAME@` in it
    std::string_view try_with;  ///< arguments behind `millrace run FILE`; may be empty
};
/// The first one is what is meant when nobody chooses.
std::span<const StarterTemplate> starter_templates();
/// Null when there is none of that name.
const StarterTemplate* find_starter(std::string_view name);

/// A commented workflow document. YAML, or JSON, which has no comments, when the file's name ends
/// in `.json`. The id is a valid one; the name may be any text.
std::string starter_document(const StarterTemplate& starter, std::string_view file_name,
                             std::string_view id, std::string_view name);

/// A workflow id from a file's name or from a name for people: `Order Intake` becomes
/// `order-intake`.
std::string workflow_id_from(std::string_view file_name);

/// Is it a workflow id as documents allow it?
bool is_workflow_id(std::string_view text);

}  // namespace millrace::cli
