// SPDX-License-Identifier: Apache-2.0
#include "compiling.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/nodes/standard.hpp"
#include "testing/library.hpp"

namespace millrace::reference {
namespace {

class BothLibraries final : public engine::NodeLibrary {
public:
    BothLibraries() { MR_CHECK(nodes::register_standard(standard_).has_value()); }

    std::shared_ptr<const engine::NodeDefinition> find(std::string_view type,
                                                       std::uint32_t version) const override {
        return type.starts_with("flow.") ? standard_.find(type, version)
                                         : tests_->find(type, version);
    }
    std::vector<std::string> names() const override {
        std::vector<std::string> names = standard_.names();
        for (std::string& name : tests_->names())
            names.push_back(std::move(name));
        std::ranges::sort(names);
        return names;
    }

private:
    nodes::Registry standard_;
    std::shared_ptr<const engine::NodeLibrary> tests_ = engine::test_library();
};

}  // namespace

engine::CompileResult compiled(const core::Document& document) {
    static const BothLibraries library;
    return engine::compile(document, {document.id, 1, "hash"}, library, engine::test_schemas());
}

}  // namespace millrace::reference
