// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "executor.hpp"
#include "failures.hpp"
#include "files/perform_file.hpp"
#include "mail/perform_mail.hpp"
#include "millrace/core/json.hpp"
#include "millrace/engine/pure_job.hpp"
#include "perform.hpp"
#include "process/perform_process.hpp"
#include "secrets/secret_filling.hpp"
#include "sql/perform_sql.hpp"

namespace millrace::runtime {
namespace {

// Long enough for those who wait already, and shorter than anybody waits to try again.
constexpr core::Duration token_failure_kept_for{2'000};
constexpr std::string_view refresh_token_field = "refresh_token";

/// Names a credential and what it is made of. Its refresh token changes with its use.
std::string token_key(const Credential& credential) {
    std::string key = credential.name;
    for (const core::Member& field : credential.fields.as_object()) {
        if (field.key == refresh_token_field) continue;
        key += " " + core::to_json(field.key) + core::to_json(field.value);
    }
    return key;
}

std::expected<std::string, core::Failure> token_or_failure(OauthTokens::Taken taken) {
    if (taken.failure) return std::unexpected{*std::move(taken.failure)};
    return std::move(taken.token);
}

template <class... Known>
struct Overloaded : Known... {
    using Known::operator()...;
};

}  // namespace

std::optional<engine::Completion> Executor::run(const AttemptPtr& attempt) {
    const engine::Effect& effect = attempt->effect;
    const std::stop_token stop = attempt->stop.get_token();
    if (attempt->answer) return read_answer(effect, *attempt->answer);
    if (attempt->secrets.empty()) {
        auto filled = fill_secrets(attempt->effect, options_.credentials.get(), options_.links);
        if (!filled) return failed(effect, std::move(filled.error()));
        attempt->secrets = *std::move(filled);
    }
    if (const auto* job = std::get_if<std::shared_ptr<const engine::PureJob>>(&effect.request))
        return run_job(effect, **job);
    if (std::holds_alternative<engine::FunctionCall>(effect.request))
        return call_function(effect, functions_, stop);
    if (std::holds_alternative<engine::SubworkflowCall>(effect.request) && options_.subworkflows) {
        start_subworkflow(attempt);
        return std::nullopt;
    }
    if (!std::holds_alternative<engine::HttpCall>(effect.request)) {
        return guarded_result(effect, stop, [&] {
            return act(effect, {effect.idempotency_key, stop, &attempt->program});
        });
    }
    auto auth = auth_for(*attempt);
    if (!auth) return failed(effect, std::move(auth.error()));
    auth->secrets = attempt->secrets;
    const std::scoped_lock lock{mutex_};
    if (attempt->is_given_up || stop.stop_requested()) {
        return failed(effect, canceled_failure());
    }
    start_http(attempt, *std::move(auth));
    return std::nullopt;
}

void Executor::start_subworkflow(const AttemptPtr& attempt) {
    {
        const std::scoped_lock lock{mutex_};
        attempt->state = State::elsewhere;
    }
    options_.subworkflows->begin(
        attempt->effect, attempt->stop.get_token(),
        [this, attempt](engine::Completion completion) { finish(attempt, std::move(completion)); });
}

std::expected<core::Value, core::Failure> Executor::act(const engine::Effect& effect,
                                                        const AttemptFacts& facts) {
    using Result = std::expected<core::Value, core::Failure>;
    return std::visit(
        Overloaded{
            [&](const engine::SqlCall& call) { return perform_sql(call, surroundings_, facts); },
            [&](const engine::FileCall& call) { return perform_file(call, surroundings_, facts); },
            [&](const engine::ProcessCall& call) {
                return perform_process(call, surroundings_, facts);
            },
            [&](const engine::MailCall& call) -> Result {
                const auto credential = credential_of(effect);
                if (!credential) return std::unexpected{credential.error()};
                return perform_mail(call, *credential, surroundings_, facts);
            },
            [](const auto&) -> Result {
                return std::unexpected{make_failure(core::ErrorClass::internal, "no_performer",
                                                    "nothing here performs such an effect")};
            }},
        effect.request);
}

std::expected<std::optional<Credential>, core::Failure> Executor::credential_of(
    const engine::Effect& effect) const {
    if (effect.credential.empty()) return std::nullopt;
    if (!options_.credentials) {
        return refused("unknown_credential",
                       "there is no credential " + effect.credential + ": none are stored here");
    }
    const std::span<const std::string> accepted =
        effect.definition ? std::span{effect.definition->type.credentials}
                          : std::span<const std::string>{};
    auto found = options_.credentials->resolve(effect.credential, accepted);
    if (!found) return std::unexpected{std::move(found.error())};
    return std::optional{*std::move(found)};
}

std::expected<HttpAuth, core::Failure> Executor::auth_for(Attempt& attempt) {
    const auto credential = credential_of(attempt.effect);
    if (!credential) return std::unexpected{credential.error()};
    if (!*credential) return HttpAuth{};
    if ((*credential)->type == signature_type) {
        const auto& call = std::get<engine::HttpCall>(attempt.effect.request);
        return signature_of(**credential, call.body, attempt.effect.idempotency_key,
                            surroundings_.clock->wall());
    }
    if ((*credential)->type != oauth2_type) return auth_of(**credential);
    auto token = token_of(**credential, attempt);
    if (!token) return std::unexpected{std::move(token.error())};
    attempt.token = *token;
    return bearer_auth(*token);
}

std::expected<std::string, core::Failure> Executor::token_of(const Credential& credential,
                                                             Attempt& attempt) {
    const std::stop_token stop = attempt.stop.get_token();
    const auto basis_of = [](const Credential& of) {
        return std::string{of.text(refresh_token_field)};
    };
    // Its fields are part of the key: who has been given a new secret gets a new token.
    const std::string key = token_key(credential);
    if (attempt.is_renewed) tokens_.forget(key, attempt.token);
    auto taken = tokens_.take(key, basis_of(credential), surroundings_.clock->monotonic(), stop);
    if (!taken) return std::unexpected{canceled_failure()};
    if (!taken->is_to_fetch) return token_or_failure(*std::move(taken));
    // Another attempt may have had the refresh token replaced since this one read it, and a server
    // that sees an old one again may take all of them back.
    const std::string type{oauth2_type};
    const auto newest = options_.credentials->resolve(credential.name, {&type, 1});
    if (!newest || token_key(*newest) != key) {
        tokens_.give_up(key);
        if (!newest) return std::unexpected{newest.error()};
        return token_of(*newest, attempt);  // Somebody has set the credential a moment ago.
    }
    *taken = tokens_.take_after_all(key, basis_of(*newest), surroundings_.clock->monotonic());
    if (!taken->is_to_fetch) return token_or_failure(*std::move(taken));
    return fetched_token(key, *newest, stop);
}

std::expected<std::string, core::Failure> Executor::fetched_token(const std::string& key,
                                                                  const Credential& credential,
                                                                  const std::stop_token& stop) {
    const std::string basis{credential.text(refresh_token_field)};
    // An answer that nobody reads would take the next refresh token with it.
    auto token = fetch_token(credential, basis.empty() ? stop : std::stop_token{});
    if (!token) {
        if (stop.stop_requested()) {
            tokens_.give_up(key);
        } else {
            tokens_.fail(key, token.error(),
                         surroundings_.clock->monotonic() + token_failure_kept_for, basis);
        }
        return std::unexpected{std::move(token.error())};
    }
    options_.credentials->keep_secret(token->text);
    const bool is_replaced = !basis.empty() && !token->refresh_token.empty();
    if (is_replaced && token->refresh_token != basis)
        options_.credentials->replace_field(credential, refresh_token_field, token->refresh_token);
    tokens_.keep(key, token->text, surroundings_.clock->monotonic() + token->valid_for, basis,
                 is_replaced ? token->refresh_token : basis);
    return std::move(token->text);
}

std::expected<OauthToken, core::Failure> Executor::fetch_token(const Credential& credential,
                                                               const std::stop_token& stop) {
    const auto attempt = [&](ClientProof proof) -> std::expected<OauthToken, core::Failure> {
        auto answer = call_and_wait(token_call(credential, proof), stop);
        if (answer) return read_token(credential, *answer);
        core::Failure failure = std::move(answer.error());
        failure.message = "no token for the credential " + credential.name + ": " + failure.message;
        return std::unexpected{std::move(failure)};
    };
    if (credential.text("client_secret").empty()) return attempt(ClientProof::body);
    auto token = attempt(ClientProof::header);
    // Some servers read the client's secret in the body only.
    const bool is_refused = !token && token.error().code == "oauth2_failed" &&
                            token.error().error_class == core::ErrorClass::http_4xx;
    if (!is_refused) return token;
    auto second = attempt(ClientProof::body);
    return second ? std::move(second) : std::move(token);
}

std::expected<engine::HttpAnswer, core::Failure> Executor::call_and_wait(
    engine::HttpCall call, const std::stop_token& stop) {
    HttpTicket ticket;
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return std::unexpected{canceled_failure()};
        ticket = HttpTicket{++last_ticket_};
        answers_.expect(ticket);
        http().start(ticket, std::move(call), {});
    }
    if (auto result = answers_.wait(ticket, stop)) return *std::move(result);
    const std::scoped_lock lock{mutex_};
    http().abort(ticket);
    return std::unexpected{canceled_failure()};
}

}  // namespace millrace::runtime
