// SPDX-License-Identifier: Apache-2.0
#include "routes/executions/start_wish.hpp"

#include <string>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/time.hpp"
#include "routes/executions/execution_problems.hpp"

namespace millrace::server {
namespace {

/// Reads one member after the other; what the schema has checked is not checked again.
class WishReader {
public:
    WishReader(const core::Value& body, std::string_view pointer)
        : body_{body}, pointer_{pointer} {}

    std::expected<StartWish, Problem> read() {
        StartWish wish;
        engine::ExecutionOptions& options = wish.request.options;
        wish.request.input = decoded("input");
        wish.request.variables = decoded("variables");
        options.pins = decoded("pins");
        if (const core::Value* const trigger = body_.find("trigger"))
            wish.request.trigger = trigger->as_string();
        if (const core::Value* const version = body_.find("version"))
            wish.version = version_of(*version);
        if (const core::Value* const labels = body_.find("labels")) options.labels = *labels;
        if (const core::Value* const priority = body_.find("priority"))
            options.priority = static_cast<std::int32_t>(priority->as_integer());
        if (const core::Value* const mock = body_.find("mock_external"))
            options.mock_external = mock->as_bool();
        if (const core::Value* const nodes = body_.find("breakpoints")) {
            for (const core::Value& node : nodes->as_array())
                options.breakpoints.emplace_back(node.as_string());
        }
        if (const core::Value* const at = body_.find("start_at")) {
            options.start_at = core::Time::parse(at->as_string());
            if (!options.start_at)
                complain("start_at", "is not a time such as 2026-01-31T23:59:59Z");
        }
        if (problem_) return std::unexpected(std::move(*problem_));
        return wish;
    }

private:
    static VersionChoice version_of(const core::Value& version) {
        if (version.is_string()) return {VersionChoice::Kind::head, 0};
        return {VersionChoice::Kind::number, static_cast<std::uint32_t>(version.as_integer())};
    }

    core::Value decoded(std::string_view name) {
        const core::Value* const given = body_.find(name);
        if (given == nullptr) return {};
        auto value = core::decode_bytes(*given);
        if (value) return *std::move(value);
        complain(name, value.error().message());
        return {};
    }

    void complain(std::string_view name, const std::string& message) {
        if (!problem_) problem_ = invalid_member(core::pointer_child(pointer_, name), message);
    }

    const core::Value& body_;
    std::string_view pointer_;
    std::optional<Problem> problem_;
};

}  // namespace

std::expected<StartWish, Problem> read_start_wish(const core::Value& body,
                                                  std::string_view pointer) {
    return WishReader{body, pointer}.read();
}

}  // namespace millrace::server
