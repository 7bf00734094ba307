// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "behaviours.hpp"
#include "field.hpp"
#include "millrace/nodes/form_fields.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

bool is_web_address(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

/// Why a browser is not to be sent there; empty: it may be.
std::string redirect_mistake(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' ||
            c == ';')
            return "has characters that a URL writes as %XX";
    }
    if (text.empty()) return "is empty";
    if (is_web_address(text)) return {};
    const std::size_t colon = text.find(':');
    if (text.starts_with("//") || colon < text.find('/'))
        return "must be a https:// or http:// URL, or a path";
    return {};
}

/// The server shows the form and judges what people send; the engine delivers it.
class TriggerForm final : public engine::NodeBehaviour {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        const auto bad = [&](std::string_view key, std::string message) {
            add_problem(problems, ProblemCode::bad_value, core::pointer_child(pointer, key),
                        std::move(message));
        };
        if (const Value* const path = data.find("path"); path != nullptr && path->is_string()) {
            if (std::string mistake = form_path_mistake(path->as_string()); !mistake.empty())
                bad("path", std::move(mistake));
        }
        if (const Value* const fields = data.find("fields"))
            check_form_schema(*fields, core::pointer_child(pointer, "fields"), problems);
        const Value* const redirect = data.find("redirect");
        if (redirect == nullptr || !redirect->is_string()) return;
        if (data.find("thank_you") != nullptr)
            bad("redirect", "a form has either `thank_you` or `redirect`");
        if (const std::string mistake = redirect_mistake(redirect->as_string()); !mistake.empty())
            bad("redirect", "redirect " + mistake);
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        return engine::Emit::out(call.input());
    }
};

}  // namespace

Behaviour trigger_form() {
    return std::make_shared<TriggerForm>();
}

}  // namespace millrace::nodes
