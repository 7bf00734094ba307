// SPDX-License-Identifier: Apache-2.0
#include "routes/system/pages.hpp"

#include <array>
#include <string>

#include "pages/page.hpp"

namespace millrace::server {
namespace {

struct StartLink {
    std::string_view path;
    std::string_view name;
    std::string_view meaning;
};
constexpr std::array<StartLink, 5> start_links{{
    {"/api/v1/workflows", "Workflows",
     "What this server can run, as `GET /api/v1/workflows` lists it."},
    {"/api/v1/executions", "Executions", "What it has run and is running, newest first."},
    {"/api/v1/openapi.json", "OpenAPI description",
     "Every route with what it takes and answers, for programs and for people."},
    {"/health", "Health", "Whether the server works, part by part."},
    {"/problems", "Problems", "What each error code means, and what to do about it."},
}};

std::string below(std::string_view base, std::string_view path) {
    return std::string{base}.append(path);
}

/// A text in which what stands between backquotes is code.
void write_prose(Html& html, std::string_view text) {
    for (bool is_code = false;; is_code = !is_code) {
        const std::size_t end = text.find('`');
        const std::string_view part = text.substr(0, end);
        if (is_code) {
            html.leaf("code", part);
        } else {
            html.text(part);
        }
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

Response start_page(std::string_view version, std::string_view base) {
    Html main;
    main.leaf("h1", "Millrace");
    main.leaf("p", "Version " + std::string{version} + ". The server is running.",
              {{"class", "soft"}});
    main.open("ul", {{"class", "plain"}});
    for (const StartLink& link : start_links) {
        main.open("li").leaf("a", link.name, {{"href", below(base, link.path)}});
        main.open("span", {{"class", "soft below"}});
        write_prose(main, link.meaning);
        main.close().close();
    }
    main.close();
    return page_response({.title = "Millrace"}, main);
}

Response problem_page(const ProblemKind& kind, std::string_view base) {
    Html main;
    main.leaf("h1", kind.title).open("p", {{"class", "soft"}});
    main.leaf("code", kind.code).text(", HTTP status " + std::to_string(kind.status)).close();
    main.open("p");
    write_prose(main, kind.meaning);
    main.close().open("p");
    main.leaf("a", "All problems", {{"href", below(base, "/problems")}}).close();
    return page_response({.title = std::string{kind.title} + " – Millrace"}, main);
}

Response problems_page(std::string_view base) {
    Html main;
    main.leaf("h1", "Problems").open("p", {{"class", "soft"}});
    main.text("Errors are problem documents (RFC 9457). Their ").leaf("code", "code");
    main.text(" is stable; this is what each of them means.").close();
    main.open("ul", {{"class", "plain"}});
    for (const ProblemKind& kind : problem_codes()) {
        main.open("li");
        main.open("a", {{"href", below(base, "/problems/" + std::string{kind.code})}});
        main.leaf("code", kind.code).close().open("span", {{"class", "soft below"}});
        main.text(std::to_string(kind.status) + ": ");
        write_prose(main, kind.meaning);
        main.close().close();
    }
    main.close();
    return page_response({.title = "Problems – Millrace"}, main);
}

}  // namespace millrace::server
