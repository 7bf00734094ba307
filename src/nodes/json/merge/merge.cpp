// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "behaviours.hpp"
#include "json/merge/merge_patch.hpp"
#include "limit_failure.hpp"

namespace millrace::nodes {
namespace {

class JsonMerge final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        if (call.data.find("patch") == nullptr) {
            return engine::validation_failure(
                "missing_field", "/patch is missing; give the object to merge into the input");
        }
        std::optional<core::Value> result = merge_patch(call.input(), call.field("patch"));
        if (result) return engine::Emit::out(*std::move(result));
        return limit_failure("patch_too_deep", "the patch has more than " +
                                                   std::to_string(merge_patch_depth_max) +
                                                   " objects in each other; make it flatter");
    }
};

}  // namespace

Behaviour json_merge() {
    return std::make_shared<JsonMerge>();
}

}  // namespace millrace::nodes
