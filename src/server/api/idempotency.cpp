// SPDX-License-Identifier: Apache-2.0
#include "api/idempotency.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "millrace/format/digest.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t key_bytes_max = 255;
constexpr std::string_view key_header = "Idempotency-Key";

/// Tenant, method and path; a slash within a segment is told from one between two.
std::string scope_of(const Request& request) {
    std::string scope = request.caller.tenant + ' ' + std::string{to_text(request.method)} + ' ';
    for (const std::string& segment : request.segments) {
        scope += '/';
        for (const char c : segment) {
            if (c == '/' || c == '%') scope += '%';
            scope += c == '/' ? '-' : c;
        }
    }
    return scope;
}

std::optional<Problem> wrong_key(std::string_view key) {
    const bool is_visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!key.empty() && key.size() <= key_bytes_max && is_visible) return std::nullopt;
    std::string detail{key_header};
    detail += " in the header: expected 1 to 255 visible ASCII characters";
    return problem("bad_request", std::move(detail));
}

std::string text_of(const Fields& fields) {
    std::string text;
    for (const auto& [name, value] : fields.all())
        text.append(name).append(": ").append(value).append("\n");
    return text;
}

Response response_of(const store::KeptAnswer& kept) {
    Response response;
    response.status = kept.status;
    response.body = kept.body;
    std::string_view text = kept.headers;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t colon = line.find(": ");
        if (colon != std::string_view::npos)
            response.headers.add(std::string{line.substr(0, colon)},
                                 std::string{line.substr(colon + 2)});
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    response.headers.set("Idempotency-Replayed", "true");
    return response;
}

Problem in_progress() {
    return problem("idempotency_in_progress",
                   "a request with this Idempotency-Key is under way; ask again for its answer");
}

/// Of the key and the time of the first request under it: who uses a key again after it was
/// forgotten means something new.
core::Uuid repeat_id(const std::pair<std::string, std::string>& name, core::Time since) {
    return format::named_uuid(since, {name.first, name.second});
}

}  // namespace

class IdempotentRequests::Claim {
public:
    Claim(std::shared_ptr<UnderWay> under_way, Name name)
        : under_way_{std::move(under_way)}, name_{std::move(name)} {
        const std::scoped_lock lock{under_way_->mutex};
        is_ours_ = under_way_->names.insert(name_).second;
    }
    ~Claim() { release(); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    bool is_ours() const { return is_ours_; }
    const Name& name() const { return name_; }
    /// Who got the reply may keep it after it was given.
    void release() {
        if (!std::exchange(is_ours_, false)) return;
        const std::scoped_lock lock{under_way_->mutex};
        under_way_->names.erase(name_);
    }

private:
    std::shared_ptr<UnderWay> under_way_;
    Name name_;
    bool is_ours_ = false;
};

IdempotentRequests::IdempotentRequests(WriteKeys write_keys, Work work)
    : write_keys_{std::move(write_keys)},
      work_{std::move(work)},
      under_way_{std::make_shared<UnderWay>()} {}

void IdempotentRequests::answer(std::shared_ptr<const Request> request, bool is_repeatable, Run run,
                                Reply reply) {
    const std::string key{request->header(key_header)};
    if (const auto wrong = wrong_key(key)) return reply(to_response(*wrong, *request));
    const auto claim = std::make_shared<Claim>(under_way_, Name{scope_of(*request), key});
    if (!claim->is_ours()) return reply(to_response(in_progress(), *request));
    const auto begun = begin(*request, claim->name(), is_repeatable);
    if (!begun) return reply(to_response(begun.error(), *request));
    if (begun->answer) return reply(response_of(*begun->answer));
    // The handler may answer on a thread that must not wait for the store.
    run(repeat_id(claim->name(), begun->since),
        [self = shared_from_this(), claim, request, is_repeatable, since = begun->since,
         reply = std::move(reply)](Response response) {
            self->work_([self, claim, request, is_repeatable, since, reply,
                         response = std::move(response)]() mutable {
                self->keep(claim->name(), *request, is_repeatable, since, response);
                claim->release();
                reply(std::move(response));
            });
        });
}

std::expected<IdempotentRequests::Begun, Problem> IdempotentRequests::begin(
    const Request& request, const Name& name, bool is_repeatable) const {
    store::KeptAnswer begun;
    begun.scope = name.first;
    begun.key = name.second;
    begun.digest = format::blake2b_256_hex(request.body);
    begun.created_at = request.received_at;
    std::optional<store::KeptAnswer> known;
    const auto written = write_keys_([&](store::Idempotency& keys) -> core::Result<> {
        auto found = keys.begin(begun);
        if (!found) return std::unexpected(found.error());
        known = *std::move(found);
        if (!known || known->digest != begun.digest || known->status != 0) return {};
        // It is not under way here, so whoever began it has died, or does not know its outcome.
        if (is_repeatable) return {};
        if (request.received_at - known->created_at < idempotency_stale) return {};
        if (auto forgotten = keys.forget(name.first, name.second); !forgotten) return forgotten;
        known.reset();
        auto again = keys.begin(begun);
        if (!again) return std::unexpected(again.error());
        return {};
    });
    if (!written) return std::unexpected(problem_of(written.error()));
    if (!known) return Begun{begun.created_at, {}};
    if (known->digest != begun.digest) {
        return std::unexpected(
            problem("idempotency_mismatch",
                    "this Idempotency-Key was used for another body; use a new key"));
    }
    if (known->status != 0) return Begun{known->created_at, std::move(known)};
    if (is_repeatable) return Begun{known->created_at, {}};
    return std::unexpected(in_progress());
}

void IdempotentRequests::keep(const Name& name, const Request& request, bool is_repeatable,
                              core::Time since, const Response& response) const {
    // Its outcome may be unknown; the note makes sure that it is found when it is asked for again.
    if (is_repeatable && response.status >= 500) return;
    const bool may_be_tried_again =
        response.status >= 500 || response.status == 429 || response.stream != nullptr;
    store::KeptAnswer answer;
    answer.scope = name.first;
    answer.key = name.second;
    answer.digest = format::blake2b_256_hex(request.body);
    answer.status = response.status;
    answer.headers = text_of(response.headers);
    answer.body = response.body;
    answer.created_at = since;
    // When the store fails now, the answer is given all the same: what was asked for is done. A
    // repetition finds it, or gets 409 until the note is stale.
    static_cast<void>(write_keys_([&](store::Idempotency& keys) {
        return may_be_tried_again ? keys.forget(name.first, name.second) : keys.finish(answer);
    }));
}

}  // namespace millrace::server
