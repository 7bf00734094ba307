// SPDX-License-Identifier: Apache-2.0
#include "support/command.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::testing {

Value at(const Value& value, std::string_view path) {
    Value found = value;
    while (!path.empty()) {
        const std::string_view name = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(path.size(), name.size() + 1));
        if (found.is_array()) {
            std::size_t index = 0;
            std::from_chars(name.data(), name.data() + name.size(), index);
            found = index < found.size() ? Value{found.as_array()[index]} : Value{};
        } else {
            const Value* const member = found.find(name);
            found = member == nullptr ? Value{} : Value{*member};
        }
    }
    return found;
}

ProcessOptions CommandTest::options(Arguments arguments) const {
    ProcessOptions made;
    made.arguments = std::move(arguments);
    made.arguments.insert(made.arguments.end(), {"--data", data()});
    made.folder = folder.path();
    return made;
}

std::string CommandTest::binary() {
    return MILLRACE_BINARY;
}

Finished CommandTest::run(const ProcessOptions& options) const {
    return run_process(binary(), options);
}

std::unique_ptr<Process> CommandTest::start(Arguments arguments) const {
    return start(options(std::move(arguments)));
}

std::unique_ptr<Process> CommandTest::start(const ProcessOptions& options) const {
    return std::make_unique<Process>(binary(), options);
}

Value CommandTest::result_of(Arguments arguments) const {
    arguments.emplace_back("--json");
    const Finished finished = millrace(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return json(finished.out);
}

Value CommandTest::events_of(const std::string& id) const {
    return at(result_of({"executions", "events", id}), "items");
}

std::vector<std::string> CommandTest::executions() const {
    std::vector<std::string> ids;
    const Value items = at(result_of({"executions", "list"}), "items");
    for (std::size_t i = 0; i < items.size(); ++i)
        ids.emplace_back(at(items.as_array()[i], "id").as_string());
    return ids;
}

std::string CommandTest::example(std::string_view name) {
    return MILLRACE_EXAMPLES_DIR "/" + std::string{name} + ".workflow.yaml";
}

}  // namespace millrace::testing
