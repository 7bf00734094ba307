// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "behaviours.hpp"
#include "http/request/http_answer.hpp"
#include "http/request/http_call.hpp"

namespace millrace::nodes {
namespace {

class HttpRequest final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_call_data(data, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::expected<engine::HttpCall, core::Failure> made = make_call(call.data);
        if (!made) return std::move(made.error());
        return engine::EffectRequest{*std::move(made)};
    }

    std::expected<core::Value, core::Failure> finish(
        const engine::HttpCall& call, const engine::HttpAnswer& answer) const override {
        return read_answer(call, answer);
    }
};

}  // namespace

Behaviour http_request() {
    return std::make_shared<HttpRequest>();
}

}  // namespace millrace::nodes
