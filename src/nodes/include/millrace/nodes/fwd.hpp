// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::nodes {

class Registry;
struct ExampleWorkflow;

}  // namespace millrace::nodes
