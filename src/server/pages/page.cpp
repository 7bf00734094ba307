// SPDX-License-Identifier: Apache-2.0
#include "pages/page.hpp"

#include <array>

#include <sodium/crypto_hash_sha256.h>

#include "millrace/core/json.hpp"

namespace millrace::server {
namespace {

// Colours have a contrast of at least 4.5 to 1, those of borders and marks 3 to 1.
constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --ink: #1b2430; --soft: #566272; --ground: #f4f2ec;
  --paper: #ffffff; --line: #d9d5ca; --edge: #7b8593; --accent: #0b6459; --on-accent: #ffffff;
  --accent-strong: #084b43; --bad: #b3261e; --bad-ground: #fdf1ef; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e7e2; --soft: #a9b3bf; --ground: #12161b; --paper: #1a2027; --line: #323a44;
    --edge: #76818f; --accent: #62cdbd; --on-accent: #08211d; --accent-strong: #8be0d3;
    --bad: #ff9d94; --bad-ground: #2d1c1b; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: clamp(1.5rem, 5vw, 2.75rem); background: var(--paper);
  border: 1px solid var(--line); border-radius: 14px; overflow-wrap: break-word; }
.around { padding: clamp(0px, 4vw, 4.5rem) clamp(0px, 3vw, 2rem); }
h1 { font-size: clamp(1.6rem, 5vw, 2.1rem); line-height: 1.2; letter-spacing: -0.015em;
  margin: 0 0 0.75rem; text-wrap: balance; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 0.5rem; }
p { margin: 0 0 1rem; white-space: pre-line; }
main > :last-child, form > :last-child { margin-bottom: 0; }
.soft, .hint { color: var(--soft); }
.hint { margin: 0 0 0.4rem; font-size: 0.95rem; }
.kicker { color: var(--accent); font-size: 0.95rem; font-weight: 650; margin: 0 0 0.5rem; }
form { margin: 1.75rem 0 0; }
.field { margin: 0 0 1.5rem; }
fieldset { border: 0; padding: 0; min-width: 0; margin: 0; }
legend { padding: 0; }
label, legend { display: block; font-weight: 600; margin: 0 0 0.25rem; }
.optional { color: var(--soft); font-weight: 400; }
input, select, textarea { font: inherit; color: inherit; background: var(--paper); width: 100%;
  border: 1px solid var(--edge); border-radius: 8px; padding: 0.55rem 0.7rem; min-height: 2.75rem; }
textarea { min-height: 7.5rem; resize: vertical; }
input[type=number], input[type=date] { max-width: 14rem; }
.pick { display: flex; gap: 0.7rem; align-items: flex-start; padding: 0.4rem 0; }
.pick input { width: 1.35rem; height: 1.35rem; min-height: 0; margin: 0.1rem 0 0; flex: none;
  accent-color: var(--accent); }
.pick label { font-weight: 400; margin: 0; flex: 1; }
.field.pick { margin-bottom: 1.5rem; }
.field.pick label { font-weight: 600; }
.wrong { border-left: 4px solid var(--bad); padding-left: 1rem; }
.wrong input, .wrong select, .wrong textarea { border-color: var(--bad); border-width: 2px; }
.error { color: var(--bad); font-weight: 600; margin: 0 0 0.4rem; }
.summary { border: 2px solid var(--bad); background: var(--bad-ground); border-radius: 10px;
  padding: 1.1rem 1.25rem; margin: 1.5rem 0; }
.summary ul { margin: 0; padding: 0; list-style: none; }
.summary li + li { margin-top: 0.35rem; }
.summary a { color: var(--bad); font-weight: 600; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; }
button { font: inherit; font-weight: 650; cursor: pointer; border-radius: 8px; min-height: 2.75rem;
  padding: 0.6rem 1.4rem; border: 2px solid var(--accent); background: var(--accent);
  color: var(--on-accent); }
button:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
button.other { background: transparent; color: var(--ink); border-color: var(--edge); }
button.other:hover { border-color: var(--ink); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); text-underline-offset: 0.3em; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.plain { margin: 1.25rem 0 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.plain li { padding: 0.8rem 0; border-bottom: 1px solid var(--line); }
.below { display: block; font-size: 0.95rem; }
dl { margin: 1.25rem 0 0; border-top: 1px solid var(--line); }
dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.6rem 0;
  border-bottom: 1px solid var(--line); }
dt { flex: 0 0 9rem; color: var(--soft); } dd { flex: 1 1 12rem; margin: 0; white-space: pre-line; }
.away { position: absolute; left: -10000px; width: 1px; height: 1px; overflow: hidden; }
@media (prefers-reduced-motion: no-preference) { button { transition: background 0.12s; } }
@media print { body { background: none; } main { border: 0; } .buttons { display: none; } }
)css";

/// Names the style in the policy, so that no other one counts.
std::string style_hash() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(style.data()),
                       style.size());
    return "'sha256-" +
           core::base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

std::string policy(const PageOptions& options) {
    static const std::string hash = style_hash();
    std::string form = " 'none'";
    if (options.has_form) {
        form = " 'self'";
        // Browsers hold redirects of a form's answer against this as well.
        if (!options.leads_to.empty()) form.append(" ").append(options.leads_to);
    }
    return "default-src 'none'; style-src " + hash + "; base-uri 'none'; form-action" + form +
           "; frame-ancestors 'none'";
}

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

}  // namespace

Response page_response(const PageOptions& options, const Html& main) {
    Response response;
    response.status = options.status;
    response.body = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">";
    Html head;
    head.single("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    head.single("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    head.single("meta", {{"name", "robots"}, {"content", "noindex, nofollow"}});
    head.leaf("title", options.title);
    response.body.append(head.markup())
        .append("<style>")
        .append(style)
        .append("</style></head>\n<body><div class=\"around\"><main>")
        .append(main.markup())
        .append("</main></div></body></html>\n");
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.headers.add("Content-Security-Policy", policy(options));
    // A page without a referrer would send its form with the Origin of nobody.
    response.headers.add("Referrer-Policy", options.has_form ? "same-origin" : "no-referrer");
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("Vary", "Accept");
    return response;
}

Response message_page(int status, std::string_view title, std::string_view text) {
    Html main;
    main.leaf("h1", title).paragraphs(text);
    return page_response({.status = status, .title = std::string{title}}, main);
}

std::string time_text(core::Time at) {
    // `2026-11-21T09:05:00.000Z`
    const std::string text = at.text();
    const std::size_t month =
        static_cast<std::size_t>(text[5] - '0') * 10 + static_cast<std::size_t>(text[6] - '0');
    const std::string day = text.substr(text[8] == '0' ? 9 : 8, text[8] == '0' ? 1 : 2);
    return day + " " + std::string{months[(month + 11) % 12]} + " " + text.substr(0, 4) + ", " +
           text.substr(11, 5) + " UTC";
}

void write_time(Html& html, core::Time at) {
    html.leaf("time", time_text(at), {{"datetime", at.text()}});
}

bool prefers_page(const Request& request) {
    return request.header("Accept").find("text/html") != std::string_view::npos;
}

}  // namespace millrace::server
