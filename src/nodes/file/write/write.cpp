// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "behaviours.hpp"
#include "file/file_fields.hpp"

namespace millrace::nodes {
namespace {

enum class Mode : std::uint8_t { replace, create, append };

class FileWrite final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        using Action = engine::FileCall::Action;
        constexpr Word<Mode> modes[] = {
            {"replace", Mode::replace}, {"create", Mode::create}, {"append", Mode::append}};
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::FileCall made;
        made.path = path_field(reader);
        made.form = form_field(reader, engine::FileCall::Form::automatic);
        const Mode mode = reader.word("mode", modes, Mode::replace);
        made.action = mode == Mode::append ? Action::append : Action::write;
        made.overwrite = mode == Mode::replace;
        made.create_folders = reader.flag("create_folders", false);
        // null is a value too, and JSON has a text for it.
        if (call.data.find("contents") == nullptr) reader.refuse("contents", "what to write");
        made.contents = call.field("contents");
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }
};

}  // namespace

Behaviour file_write() {
    return std::make_shared<FileWrite>();
}

}  // namespace millrace::nodes
