// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "api/problem.hpp"

namespace millrace::server {
namespace {

// By status. What a code means never changes; new ones may come.
constexpr auto kinds = std::to_array<ProblemKind>({
    {"bad_request", 400, "Bad request",
     "The path, the query or a header is not as the API describes it. `detail` names the part; "
     "correct it and send the request again."},
    {"malformed_json", 400, "Malformed JSON",
     "The body is not JSON. `errors` tells the line and column of the first mistake. Repeated keys "
     "and invalid UTF-8 are mistakes, too."},
    {"malformed_yaml", 400, "Malformed YAML",
     "The body is not YAML 1.2. `errors` tells line and column of each mistake."},
    {"unauthorized", 401, "Token needed",
     "The server asks for its token: send `Authorization: Bearer TOKEN`. The token lies in the "
     "file `token` of the server's data folder."},
    {"webhook_refused", 401, "Call refused",
     "The webhook wants a credential or a signature that this call does not have. `detail` says "
     "which."},
    {"cross_site", 403, "Request from another site",
     "A web page of another site has sent this request. The server changes nothing for pages that "
     "are not its own. If this is your own page, serve it under the server's public URL."},
    {"forbidden", 403, "Not allowed", "The caller may not do this."},
    {"unknown_tenant", 403, "Unknown tenant",
     "The header Millrace-Tenant names a tenant that the caller does not belong to. Leave it out, "
     "or say `default`."},
    {"not_found", 404, "Not found",
     "There is no such path, or nothing of that name. `detail` suggests the nearest path."},
    {"method_not_allowed", 405, "Method not allowed",
     "The path exists, but not with this method. The header Allow lists those that it has."},
    {"not_acceptable", 406, "Not acceptable",
     "None of the media types in Accept can be given here. `detail` lists those that can."},
    {"request_timeout", 408, "Request took too long",
     "The request did not come in whole within the time that the server gives it."},
    {"already_finished", 409, "Execution has finished",
     "The execution has ended, and what has ended never changes. Retry it to run it again."},
    {"conflict", 409, "Conflict",
     "What is stored is in a state that does not allow this, or was changed meanwhile. Read it "
     "again, then decide."},
    {"idempotency_in_progress", 409, "The same request is under way",
     "A request with this Idempotency-Key has not been answered yet. Wait as long as Retry-After "
     "says, and send it again: the first answer will be given."},
    {"managed_by_file", 409, "Managed by a file",
     "The workflow comes from a file in the folder that the server was started with, so it is "
     "changed there."},
    {"managed_by_notification", 409, "Managed by a notification",
     "The workflow carries a notification out, so it is changed and switched there: see "
     "`/api/v1/notifications`."},
    {"not_allowed", 409, "Not allowed in this state",
     "The execution or the run is in a state in which this cannot be done. `detail` says which."},
    {"not_waiting_yet", 409, "Nobody waits for this yet",
     "The link is good, but the execution has not come to the node that waits. Wait as long as "
     "Retry-After says, and try again."},
    {"still_active", 409, "Workflow is active",
     "An active workflow is not deleted. Deactivate it first."},
    {"webhook_conflict", 409, "Address taken",
     "Another active workflow has this path and method, or the same form. Change one of them, or "
     "deactivate the other. `detail` names both."},
    {"webhook_replayed", 409, "Call taken before",
     "A call with this very signature was taken before. Whoever sends it on purpose signs it anew; "
     "a webhook with a `dedupe_key` answers it as the first time."},
    {"wait_over", 410, "Nobody waits for this any more",
     "The link was used, its time is over, or the execution went on without an answer. `detail` "
     "says which, and when. A link works once."},
    {"cursor_expired", 410, "Cursor expired",
     "The events after this cursor are not kept any more. Begin anew without a cursor, and read "
     "the executions for what has happened meanwhile."},
    {"stale", 412, "Changed meanwhile",
     "What is stored is not what If-Match or If-None-Match expects: somebody has changed it. Read "
     "it again, apply your change to that, and send its new ETag."},
    {"too_large", 413, "Too large", "The body, or a part of it, is larger than `detail` allows."},
    {"uri_too_long", 414, "Target too long", "The path with its query is longer than allowed."},
    {"unsupported_media_type", 415, "Unsupported media type",
     "The header Content-Type must name what the body is: `application/json` or, where the API "
     "says so, `application/yaml`."},
    {"misdirected", 421, "Unknown host",
     "The header Host names a host that this server does not answer for. That keeps web pages from "
     "reaching it under a name of theirs. Add the name to `allowed_hosts`, or set `public_url`."},
    {"idempotency_mismatch", 422, "Idempotency-Key used before",
     "A request with this Idempotency-Key and another body was made before. Use a new key for a "
     "new request."},
    {"invalid", 422, "Invalid content",
     "The body is well-formed, but not what is expected here. `errors` lists all that is wrong, "
     "each with its place as a JSON Pointer."},
    {"upgrade_required", 426, "WebSocket needed",
     "This path is a WebSocket. Connect with a WebSocket client and the subprotocol "
     "`millrace.v1`."},
    {"precondition_required", 428, "Precondition required",
     "Changing what exists needs If-Match with its ETag, so that nobody's change is lost. "
     "`If-Match: *` changes it whatever it is."},
    {"too_many_executions", 429, "Too many executions",
     "More executions of this workflow wait for their turn than it may have. Wait as long as "
     "Retry-After says, and try again."},
    {"header_too_large", 431, "Header too large",
     "The header of the request is larger than the server's limit."},
    {"execution_failed", 500, "Execution failed",
     "The workflow that this webhook started has failed. Millrace-Execution-Id names the execution "
     "for those who may look at it."},
    {"webhook_misconfigured", 500, "Webhook cannot be used",
     "The workflow's webhook cannot work as it is, because a secret or a variable is missing. "
     "Nothing was started; the server's log says more."},
    {"internal", 500, "Internal error",
     "The server has made a mistake. Its log has more under the request's id, which is in "
     "`instance`. Please report it."},
    {"event_incomplete", 503, "Event not delivered everywhere",
     "Some of what the event starts could not be started now; `errors` says what and why. Send the "
     "event again with the same id: what it has started already is not started again."},
    {"busy", 503, "Busy",
     "A queue of the server is full. Wait as long as Retry-After says, and try again."},
    {"stopped", 503, "Server is stopping",
     "The server takes no more work: it is shutting down, or another one has taken over its data."},
    {"unavailable", 503, "Unavailable",
     "The store does not answer or takes no changes; `detail` says why. Nothing was lost; try "
     "again later."},
    {"timed_out", 504, "Timed out",
     "It took longer than it may. What was started goes on unless `detail` says otherwise."},
});

}  // namespace

std::span<const ProblemKind> problem_codes() {
    return kinds;
}

const ProblemKind* find_problem_code(std::string_view code) {
    const auto found = std::ranges::find(kinds, code, &ProblemKind::code);
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace millrace::server
