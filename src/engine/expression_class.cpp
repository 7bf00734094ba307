// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/expression_class.hpp"

#include <algorithm>
#include <utility>

#include "compile_data.hpp"
#include "compile_draft.hpp"
#include "millrace/expr/expression.hpp"
#include "millrace/expr/template.hpp"

namespace millrace::engine {
namespace {

class Classifier {
public:
    explicit Classifier(const expr::Host* host) : host_{host} {}

    void add_expression(const std::string& source, std::string path) {
        if (source.empty()) return;
        const auto compiled = expr::Expression::compile(source, expr::RootSet::all(), host_);
        const bool native = compiled || !compiled.error().is(expr::ExprErrc::not_native);
        add(source, std::move(path), native ? std::string{} : compiled.error().message());
    }

    void add_text(const std::string& source, std::string path) {
        if (!holds_template(source)) return;
        const auto compiled =
            expr::Template::compile(core::Value{source}, expr::RootSet::all(), {}, host_);
        std::string reason;
        if (!compiled && compiled.error().front().code == expr::ExprErrc::not_native)
            reason = compiled.error().front().message;
        add(source, std::move(path), std::move(reason));
    }

    /// `type` says how the strings below each top-level key are read; null: as templates.
    void add_tree(const core::Value& tree, const std::string& path, const core::NodeType* type);

    std::vector<ExpressionClass> take() { return std::move(classes_); }

private:
    void add(const std::string& source, std::string path, std::string reason) {
        classes_.push_back({std::move(path), source, reason.empty(), std::move(reason)});
    }

    const expr::Host* host_;
    std::vector<ExpressionClass> classes_;
};

void Classifier::add_tree(const core::Value& tree, const std::string& path,
                          const core::NodeType* type) {
    struct Item {
        const core::Value* value;
        std::string path;
        const core::DataField* field;
    };
    std::vector<Item> rest{{&tree, path, nullptr}};  // a stack: trees may be deep
    while (!rest.empty()) {
        const Item item = std::move(rest.back());
        rest.pop_back();
        const std::size_t mark = rest.size();
        if (item.value->is_array()) {
            for (std::size_t i = 0; i < item.value->size(); ++i)
                rest.push_back(
                    {&item.value->as_array()[i], core::pointer_child(item.path, i), item.field});
        } else if (item.value->is_object()) {
            const bool is_top = item.value == &tree && type != nullptr;
            for (const core::Member& member : item.value->as_object())
                rest.push_back({&member.value, core::pointer_child(item.path, member.key),
                                is_top ? find_field(*type, member.key) : item.field});
        } else if (item.value->is_string()) {
            const std::string text{item.value->as_string()};
            if (is_template(item.field)) {
                add_text(text, item.path);
            } else if (item.field->mode == core::FieldMode::expression) {
                add_expression(text, item.path);
            }
        }
        std::reverse(rest.begin() + static_cast<std::ptrdiff_t>(mark), rest.end());
    }
}

}  // namespace

std::vector<ExpressionClass> expression_classes(const core::Document& document,
                                                const NodeLibrary& library) {
    Classifier classifier{library.host()};
    for (std::uint32_t i = 0; i < document.nodes.size(); ++i) {
        const core::NodeSpec& node = document.nodes[i];
        const core::NodeIndex index{i};
        const auto definition = library.find(node.type, node.type_version);
        if (definition != nullptr && node.data.is_object()) {
            const std::string path = pointer_of(index, "data");
            std::vector<DeferredSource> deferred;
            const core::Value kept = without_deferred(definition->type, node.data, deferred);
            classifier.add_tree(kept, path, &definition->type);
            for (const DeferredSource& source : deferred)
                classifier.add_expression(source.source, path + source.pointer);
        }
        if (node.cache)
            classifier.add_expression(node.cache->key,
                                      core::pointer_child(pointer_of(index, "cache"), "key"));
    }
    for (std::uint32_t i = 0; i < document.connections.size(); ++i) {
        const core::ConnectionIndex index{i};
        classifier.add_expression(document.connections[i].filter, pointer_of(index, "filter"));
        classifier.add_expression(document.connections[i].transform,
                                  pointer_of(index, "transform"));
    }
    classifier.add_tree(document.outputs, "/outputs", nullptr);
    return classifier.take();
}

}  // namespace millrace::engine
