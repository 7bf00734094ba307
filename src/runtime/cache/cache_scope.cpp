// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_scope.hpp"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <variant>

#include "http/http_url.hpp"
#include "millrace/core/binary.hpp"

namespace millrace::runtime {
namespace {

using Need = AllowedFolders::Need;
using Scope = std::optional<std::string>;

class ScopeOf {
public:
    explicit ScopeOf(const Surroundings& surroundings) : surroundings_{surroundings} {}

    Scope operator()(const engine::FileCall& call) {
        using Action = engine::FileCall::Action;
        const bool reads = call.action == Action::read || call.action == Action::list;
        return add(call.path, reads ? Need::read : Need::write) ? Scope{scope_} : std::nullopt;
    }
    Scope operator()(const engine::SqlCall& call) {
        const Need need = call.read_only ? Need::read : Need::write;
        return add(call.database, need) ? Scope{scope_} : std::nullopt;
    }
    Scope operator()(const engine::ProcessCall& call) {
        const auto program = surroundings_.programs->find(call.arguments.front());
        if (!program) return std::nullopt;
        out_.text(*program);
        if (!call.folder.empty()) return add(call.folder, Need::read) ? Scope{scope_} : Scope{};
        // It starts where this process is, and so its arguments may be relative to that.
        std::error_code error;
        out_.text(std::filesystem::current_path(error).string());
        return error ? std::nullopt : Scope{scope_};
    }
    Scope operator()(const engine::MailCall& call) {
        for (const engine::MailAttachment& attachment : call.attachments)
            if (!attachment.uri.empty() && !add(attachment.uri, Need::read)) return std::nullopt;
        return scope_;
    }
    /// A host means the same everywhere; which addresses it has is asked only when it is called.
    Scope operator()(const engine::HttpCall& call) const {
        const auto url = HttpUrl::parse(call.url);
        if (!url || surroundings_.egress.host_denial(url->host())) return std::nullopt;
        return "";
    }
    template <class Call>
    Scope operator()(const Call&) const {
        return "";
    }

private:
    bool add(std::string_view path, Need need) {
        const auto meant = surroundings_.folders->resolve(path, need);
        if (meant) out_.text(*meant);
        return meant.has_value();
    }

    const Surroundings& surroundings_;
    std::string scope_;
    core::BinaryWriter out_{scope_};
};

}  // namespace

Scope cache_scope(const engine::EffectRequest& request, const Surroundings& surroundings) {
    return std::visit(ScopeOf{surroundings}, request);
}

}  // namespace millrace::runtime
