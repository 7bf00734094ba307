// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "behaviours.hpp"
#include "file/file_fields.hpp"
#include "size_field.hpp"

namespace millrace::nodes {
namespace {

class FileRead final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        check_size(data, "max_size", file_size_max, pointer, problems);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::FileCall made;
        made.action = engine::FileCall::Action::read;
        made.path = path_field(reader);
        made.form = form_field(reader, engine::FileCall::Form::text);
        made.max_size = size_field(reader, "max_size", file_size_default, file_size_max);
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }
};

}  // namespace

Behaviour file_read() {
    return std::make_shared<FileRead>();
}

}  // namespace millrace::nodes
