// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/value.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "testing/http_server.hpp"

namespace millrace::testing {

using core::Value;
using runtime::testing::Gate;
using runtime::testing::HttpServer;
using runtime::testing::Reply;
using runtime::testing::ServedRequest;

/// The value of a JSON text; a failed test and null when it is none.
inline Value json(std::string_view text) {
    const auto value = core::parse_json(text);
    if (!value) ADD_FAILURE() << value.error().message() << " in\n" << text;
    return value ? *value : Value{};
}

/// What lies at `path` (`a.b.0`) of a value; null where there is nothing.
Value at(const Value& value, std::string_view path);

/// Runs the built `millrace` in a folder of the test's own, with a data folder in it.
class CommandTest : public ::testing::Test {
protected:
    using Arguments = std::vector<std::string>;

    std::string data() const { return (folder / "data").string(); }
    /// `arguments` with `--data`.
    ProcessOptions options(Arguments arguments) const;
    Finished millrace(Arguments arguments) const { return run(options(std::move(arguments))); }
    Finished run(const ProcessOptions& options) const;
    std::unique_ptr<Process> start(Arguments arguments) const;
    std::unique_ptr<Process> start(const ProcessOptions& options) const;
    /// The value that a successful command prints with `--json`.
    Value result_of(Arguments arguments) const;
    /// All events of an execution, as an array.
    Value events_of(const std::string& id) const;
    /// Ids in the store's list, newest first.
    std::vector<std::string> executions() const;
    /// A committed example's path.
    static std::string example(std::string_view name);
    static std::string binary();

    TempFolder folder;
};

}  // namespace millrace::testing
