// SPDX-License-Identifier: Apache-2.0
// A server to measure over the network: the standard node types and `bench.effect`, which calls a
// function that returns at once, on a data folder in TMPDIR that goes with the process. Prints the
// address and ends when its standard input does; bench/http.sh drives it with wrk.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "millrace/nodes/standard.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/server.hpp"
#include "millrace/store/open.hpp"
#include "support/process.hpp"
#include "support/workflows.hpp"

namespace {

using namespace millrace;
using bench::must;

void require(core::Result<> done) {
    if (!done) bench::give_up(done.error().message());
}

core::NodeType effect_type() {
    core::NodeType type;
    type.type = "bench.effect";
    type.name = "Effect";
    type.description = "Calls a function that returns at once.";
    type.icon = "zap";
    type.category = core::NodeCategory::actions;
    type.role = core::NodeRole::effect;
    type.inputs = {{.name = "in", .description = "What to pass on."}};
    type.outputs = {{.name = "out", .description = "The same."}};
    type.data_schema =
        core::Value::object({{"type", "object"}, {"properties", core::Value::object({})}});
    type.default_data = core::Value::object({});
    return type;
}

std::unique_ptr<runtime::Runtime> runtime_on(const bench::TempFolder& folder,
                                             std::shared_ptr<nodes::Registry> registry) {
    runtime::RuntimeOptions options;
    options.store = must(store::open_store({.folder = folder.path()}));
    options.nodes = std::move(registry);
    options.secrets.key_file = folder.path() / "key";
    auto made = must(runtime::Runtime::start(std::move(options)));
    made->functions().add("echo", [](const core::Value& input, const auto&) {
        return std::expected<core::Value, core::Failure>{input};
    });
    return made;
}

}  // namespace

int main() {
    const bench::TempFolder folder;
    const auto registry = std::make_shared<nodes::Registry>();
    require(nodes::register_standard(*registry));
    require(registry->add(effect_type(), std::make_shared<bench::CallEcho>()));
    const auto runtime = runtime_on(folder, registry);
    const auto log = runtime::make_silent_log();
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    const auto server = must(
        server::Server::start({*runtime, *registry, *log, "bench"}, std::move(options), {}, {}));
    std::cout << server->url() << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    return 0;
}
