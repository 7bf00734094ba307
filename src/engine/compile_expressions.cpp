// SPDX-License-Identifier: Apache-2.0
#include "compile_expressions.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "compile_binding.hpp"
#include "compile_data.hpp"

namespace millrace::engine {
namespace {

/// Counts from 1, in bytes; 0 when the reference is written in another way than `to_text` does.
std::size_t column_of(std::string_view source, const expr::Reference& reference) {
    const std::size_t opening = source.find("{{");
    const std::size_t start = opening == std::string_view::npos ? 0 : opening;
    const std::size_t found = source.find(expr::to_text(reference), start);
    return found == std::string_view::npos ? 0 : found + 1;
}

/// FNV-1a of the place: the same wherever and whenever the document is compiled.
std::uint32_t place_number(std::string_view pointer) {
    std::uint32_t hash = 0x811c9dc5;
    for (const char c : pointer)
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
    return hash;
}

/// Does the whole work for one document; the error path looks at each string alone, so that every
/// mistake is reported at its own place, while the good path compiles whole trees.
class ExpressionCompiler {
public:
    ExpressionCompiler(Draft& draft, const CompileGraph& graph)
        : draft_{draft}, binder_{draft, graph} {}

    std::optional<BoundTemplate> compile_tree(const core::Value& tree, const std::string& pointer,
                                              const ExpressionPlace& place,
                                              const core::NodeType* type) {
        std::span<const core::DataField> fields;
        if (type != nullptr) fields = type->fields;
        auto compiled =
            expr::Template::compile(tree, binder_.roots(place), fields, draft_.library.host());
        if (compiled) {
            // The template has looked at where they stand.
            ExpressionPlace anywhere = place;
            anywhere.takes_secrets = true;
            auto slots = bound_slots(compiled->references(), pointer, anywhere);
            if (slots) return BoundTemplate{*std::move(compiled), *std::move(slots)};
        }
        if (draft_.is_full()) return refuse_unseen(pointer);
        const std::size_t before = draft_.problems.size();
        explain_tree(tree, pointer, place, type);
        // Should the strings be right one by one, the whole still has no plan: say why.
        if (!compiled && draft_.problems.size() == before) {
            for (const expr::TemplateError& error : compiled.error())
                draft_.problem(core::ProblemCode::bad_expression, pointer + error.pointer,
                               error.message);
        }
        return std::nullopt;
    }

    std::optional<BoundExpression> compile_expression(const std::string& source,
                                                      const std::string& pointer,
                                                      const ExpressionPlace& place) {
        if (source.empty()) return std::nullopt;
        auto compiled =
            expr::Expression::compile(source, binder_.roots(place), draft_.library.host());
        if (compiled) {
            auto slots = bound_slots(compiled->references(), pointer, place);
            if (slots) return BoundExpression{*std::move(compiled), *std::move(slots), {}, {}};
        }
        if (draft_.is_full()) return refuse_unseen(pointer);
        explain_expression(source, pointer, place);
        return std::nullopt;
    }

private:
    std::optional<std::vector<SlotSource>> bound_slots(std::span<const expr::Reference> references,
                                                       const std::string& pointer,
                                                       const ExpressionPlace& place) {
        auto slots = binder_.bind_all(references, place);
        if (!slots) return slots;
        // Two expressions of one step do not make the same UUIDs.
        for (SlotSource& slot : *slots)
            if (slot.kind == SlotSource::Kind::step) slot.index = place_number(pointer);
        return slots;
    }

    /// Something is wrong there, but nobody will read what.
    std::nullopt_t refuse_unseen(const std::string& pointer) {
        draft_.problem(core::ProblemCode::bad_expression, pointer, {});
        return std::nullopt;
    }

    struct Failed {
        expr::ExprErrc code;
        std::string message;
    };
    /// References of one string's code, or why it does not compile.
    using References = std::expected<std::vector<expr::Reference>, Failed>;

    static References read_expression(const std::string& source, expr::RootSet roots,
                                      const expr::Host* host) {
        const auto compiled = expr::Expression::compile(source, roots, host);
        if (!compiled) {
            const bool is_place = compiled.error().is(expr::ExprErrc::not_allowed);
            return std::unexpected{
                Failed{is_place ? expr::ExprErrc::not_allowed : expr::ExprErrc::syntax,
                       compiled.error().message()}};
        }
        const auto references = compiled->references();
        return std::vector<expr::Reference>{references.begin(), references.end()};
    }

    static References read_text(const std::string& text, expr::RootSet roots,
                                const expr::Host* host) {
        const auto compiled = expr::Template::compile(core::Value{text}, roots, {}, host);
        if (!compiled) {
            const expr::TemplateError& first = compiled.error().front();
            return std::unexpected{Failed{first.code, first.message}};
        }
        const auto references = compiled->references();
        return std::vector<expr::Reference>{references.begin(), references.end()};
    }

    /// `read` is one of the two functions above.
    void explain(const std::string& source, const std::string& pointer,
                 const ExpressionPlace& place,
                 References (*read)(const std::string&, expr::RootSet, const expr::Host*)) {
        const expr::Host* const host = draft_.library.host();
        References references = read(source, binder_.roots(place), host);
        if (!references && references.error().code == expr::ExprErrc::not_allowed) {
            // A name that exists elsewhere: what follows says where, unless more is wrong.
            References anywhere = read(source, expr::RootSet::all(), host);
            if (anywhere) references = std::move(anywhere);
        }
        if (!references) {
            draft_.problem(core::ProblemCode::bad_expression, pointer, references.error().message);
            return;
        }
        for (const expr::Reference& reference : *references) {
            if (draft_.is_full()) break;
            auto bound = binder_.bind(reference, place);
            if (bound) continue;
            const std::size_t column = column_of(source, reference);
            const std::string where =
                column == 0 ? std::string{} : "column " + std::to_string(column) + ": ";
            draft_.problem(bound.error().code, pointer, where + bound.error().message,
                           bound.error().suggestion);
        }
    }

    void explain_expression(const std::string& source, const std::string& pointer,
                            const ExpressionPlace& place) {
        explain(source, pointer, place, &read_expression);
    }

    void explain_tree(const core::Value& tree, const std::string& pointer,
                      const ExpressionPlace& place, const core::NodeType* type) {
        struct Item {
            const core::Value* value;
            std::string pointer;
            const core::DataField* field;
        };
        std::vector<Item> rest{{&tree, pointer, nullptr}};  // a stack: trees may be deep
        while (!rest.empty()) {
            const Item item = std::move(rest.back());
            rest.pop_back();
            const std::size_t mark = rest.size();
            if (item.value->is_array()) {
                for (std::size_t i = 0; i < item.value->size(); ++i)
                    rest.push_back({&item.value->as_array()[i],
                                    core::pointer_child(item.pointer, i), item.field});
            } else if (item.value->is_object()) {
                const bool is_top = item.value == &tree && type != nullptr;
                for (const core::Member& member : item.value->as_object()) {
                    rest.push_back({&member.value, core::pointer_child(item.pointer, member.key),
                                    is_top ? find_field(*type, member.key) : item.field});
                }
            } else if (item.value->is_string()) {
                explain_string(std::string{item.value->as_string()}, item.pointer, item.field,
                               place);
            }
            std::reverse(rest.begin() + static_cast<std::ptrdiff_t>(mark), rest.end());
        }
    }

    void explain_string(const std::string& text, const std::string& pointer,
                        const core::DataField* field, const ExpressionPlace& place) {
        if (is_template(field)) {
            ExpressionPlace here = place;
            here.takes_secrets = field != nullptr;
            explain(text, pointer, here, &read_text);
        } else if (field->mode == core::FieldMode::expression) {
            explain_expression(text, pointer, place);
        }
    }

    Draft& draft_;
    Binder binder_;
};

expr::RootSet locals_of(const core::DataField& field) {
    expr::RootSet locals;
    for (const std::string& name : field.locals)
        if (const auto root = expr::parse_root(name)) locals.add(*root);
    return locals;
}

BoundCode::Node bind_node(Draft& draft, core::NodeIndex index, ExpressionCompiler& compiler) {
    const NodeDraft& node = draft[index];
    const core::NodeType& type = node.definition->type;
    const core::Value no_data = core::Value::object({});
    const core::Value& data = draft.spec(index).data;
    const std::string pointer = pointer_of(index, "data");
    ExpressionPlace place{ExpressionPlace::Kind::node, index, node.scope};
    std::vector<DeferredSource> deferred;
    const core::Value kept = without_deferred(type, data.is_null() ? no_data : data, deferred);

    BoundCode::Node code;
    code.data = compiler.compile_tree(kept, pointer, place, &type);
    if (const auto& cache = draft.spec(index).cache)
        code.cache_key = compiler.compile_expression(
            cache->key, core::pointer_child(pointer_of(index, "cache"), "key"), place);
    place.is_loop_condition = type.container == core::ContainerKind::loop;
    for (const DeferredSource& source : deferred) {
        place.locals = locals_of(*source.field);
        auto bound = compiler.compile_expression(source.source, pointer + source.pointer, place);
        if (place.is_loop_condition) {
            (source.pointer == "/break" ? code.leave : code.condition) = std::move(bound);
        } else if (bound) {
            bound->pointer = source.pointer;
            bound->locals = place.locals;
            code.deferred.push_back(*std::move(bound));
        } else if (source.source.empty()) {
            draft.problem(core::ProblemCode::bad_expression, pointer + source.pointer,
                          "the expression is empty");
        }
    }
    return code;
}

}  // namespace

BoundCode bind_expressions(Draft& draft, const CompileGraph& graph) {
    ExpressionCompiler compiler{draft, graph};
    BoundCode code;
    code.nodes.resize(draft.nodes.size());
    code.links.resize(draft.links.size());
    for (std::uint32_t i = 0; i < draft.nodes.size(); ++i) {
        if (!draft.nodes[i].definition) continue;  // how its strings are read is not known
        code.nodes[i] = bind_node(draft, {i}, compiler);
    }
    for (std::uint32_t i = 0; i < draft.links.size(); ++i) {
        const core::ConnectionIndex link{i};
        const core::ConnectionSpec& spec = draft.spec(link);
        if (!draft[link].from) continue;  // what lies upstream is not known
        const ExpressionPlace place{ExpressionPlace::Kind::connection, *draft[link].from,
                                    scope_of(draft, link)};
        code.links[i].filter =
            compiler.compile_expression(spec.filter, pointer_of(link, "filter"), place);
        code.links[i].transform =
            compiler.compile_expression(spec.transform, pointer_of(link, "transform"), place);
    }
    const core::Value& outputs = draft.document.outputs;
    if (!outputs.is_null()) code.outputs = compiler.compile_tree(outputs, "/outputs", {}, nullptr);
    return code;
}

}  // namespace millrace::engine
