// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::cli {

/// A commented workflow document that runs as it is; its id comes from the file's name. YAML, or
/// JSON, which has no comments, when the name ends in `.json`.
std::string starter_document(std::string_view file_name);

/// `Order Intake.workflow.yaml` gives `order-intake`; `my-workflow` when nothing usable is left.
std::string workflow_id_from(std::string_view file_name);

}  // namespace millrace::cli
