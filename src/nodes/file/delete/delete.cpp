// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "behaviours.hpp"
#include "file/file_fields.hpp"

namespace millrace::nodes {
namespace {

class FileDelete final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::FileCall made;
        made.action = engine::FileCall::Action::remove;
        made.path = path_field(reader);
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }
};

}  // namespace

Behaviour file_delete() {
    return std::make_shared<FileDelete>();
}

}  // namespace millrace::nodes
