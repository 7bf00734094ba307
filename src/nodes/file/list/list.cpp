// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "behaviours.hpp"
#include "field.hpp"
#include "file/file_fields.hpp"

namespace millrace::nodes {
namespace {

class FileList final : public engine::NodeBehaviour {
public:
    void check(const core::Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const auto pattern = fixed_text(data, "pattern");
        if (!pattern || pattern->find('/') == std::string_view::npos) return;
        add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(pointer, "pattern"),
                    std::string{pattern_mistake});
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        constexpr std::int64_t entries_max = 100'000;
        std::optional<core::Failure> failure;
        FieldReader reader{call.data, "/data", failure};
        engine::FileCall made;
        made.action = engine::FileCall::Action::list;
        made.path = path_field(reader, ".");
        made.pattern = reader.text("pattern");
        if (made.pattern.find('/') != std::string::npos) {
            failure = engine::validation_failure("bad_field", std::string{pattern_mistake});
        }
        made.recursive = reader.flag("recursive", false);
        made.max_entries =
            static_cast<std::uint32_t>(reader.integer("max_files", 10'000, 1, entries_max));
        if (failure) return *std::move(failure);
        return engine::EffectRequest{std::move(made)};
    }

private:
    static constexpr std::string_view pattern_mistake =
        "pattern is about names such as *.csv; the folder goes into path";
};

}  // namespace

Behaviour file_list() {
    return std::make_shared<FileList>();
}

}  // namespace millrace::nodes
