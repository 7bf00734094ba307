// SPDX-License-Identifier: Apache-2.0
#include "routes/system/pages.hpp"

#include <utility>

namespace millrace::server {
namespace {

constexpr std::string_view head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$TITLE</title>
<style>
:root { --ink: #1c2430; --soft: #5b6776; --paper: #fbfaf7; --line: #dfdcd3; --accent: #0b6e63; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e1; --soft: #a3adb8; --paper: #15191e; --line: #333a43; --accent: #5cc9b8; }
}
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 12vh 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 0.5rem; }
p { margin: 0 0 1.25rem; }
.soft { color: var(--soft); }
a { color: var(--accent); text-underline-offset: 0.2em; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
ul, dl { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li, dl div { padding: 0.85rem 0; border-bottom: 1px solid var(--line); }
li span { display: block; color: var(--soft); font-size: 0.94rem; }
dt { font-weight: 600; } dd { margin: 0; color: var(--soft); }
</style>
</head>
<body>
<main>
)html";

constexpr std::string_view foot = "</main>\n</body>\n</html>\n";

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            default: safe += c;
        }
    }
    return safe;
}

/// Escaped, with what stands between backquotes as code.
std::string prose(std::string_view text) {
    std::string shown;
    bool is_code = false;
    for (const char c : escaped(text)) {
        if (c != '`') {
            shown += c;
            continue;
        }
        shown += is_code ? "</code>" : "<code>";
        is_code = !is_code;
    }
    return shown;
}

std::string page(std::string_view title, std::string_view body) {
    std::string text{head};
    constexpr std::string_view mark = "$TITLE";
    text.replace(text.find(mark), mark.size(), escaped(title));
    return text.append(body).append(foot);
}

}  // namespace

std::string start_page(std::string_view version, std::string_view base) {
    std::string body = "<h1>Millrace</h1>\n<p class=\"soft\">Version " + escaped(version) +
                       ". The server is running.</p>\n";
    std::string links = R"html(<ul>
<li><a href="$BASE/api/v1/workflows">Workflows</a>
<span>What this server can run, as <code>GET /api/v1/workflows</code> lists it.</span></li>
<li><a href="$BASE/api/v1/executions">Executions</a>
<span>What it has run and is running, newest first.</span></li>
<li><a href="$BASE/api/v1/openapi.json">OpenAPI description</a>
<span>Every route with what it takes and answers, for programs and for people.</span></li>
<li><a href="$BASE/health">Health</a>
<span>Whether the server works, part by part.</span></li>
<li><a href="$BASE/problems">Problems</a>
<span>What each error code means, and what to do about it.</span></li>
</ul>
)html";
    constexpr std::string_view mark = "$BASE";
    const std::string before = escaped(base);
    for (std::size_t at = links.find(mark); at != std::string::npos; at = links.find(mark, at))
        links.replace(at, mark.size(), before);
    body += links;
    return page("Millrace", body);
}

std::string problem_page(const ProblemKind& kind, std::string_view base) {
    const std::string body =
        "<h1>" + escaped(kind.title) + "</h1>\n<p class=\"soft\"><code>" + escaped(kind.code) +
        "</code>, HTTP status " + std::to_string(kind.status) + "</p>\n<p>" + prose(kind.meaning) +
        "</p>\n<p><a href=\"" + escaped(base) + "/problems\">All problems</a></p>\n";
    return page(std::string{kind.title} + " – Millrace", body);
}

std::string problems_page(std::string_view base) {
    std::string body =
        "<h1>Problems</h1>\n<p class=\"soft\">Errors are problem documents (RFC 9457). Their "
        "<code>code</code> is stable; this is what each of them means.</p>\n<dl>\n";
    for (const ProblemKind& kind : problem_codes()) {
        body += "<div><dt><a href=\"" + escaped(base) + "/problems/" + escaped(kind.code) +
                "\"><code>" + escaped(kind.code) + "</code></a></dt><dd>" +
                std::to_string(kind.status) + ": " + prose(kind.meaning) + "</dd></div>\n";
    }
    return page("Problems – Millrace", body + "</dl>\n");
}

Response html_response(std::string page) {
    Response response;
    response.body = std::move(page);
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.headers.add("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                         "form-action 'none'; frame-ancestors 'none'");
    response.headers.add("Referrer-Policy", "no-referrer");
    response.headers.add("Vary", "Accept");
    return response;
}

bool wants_page(const Request& request) {
    return request.header("Accept").find("text/html") != std::string_view::npos;
}

}  // namespace millrace::server
