// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/message.hpp"
#include "millrace/core/time.hpp"
#include "pages/html.hpp"

// What all pages for people who have no account here have in common. They hold no scripts, load
// nothing, and every address in them is relative, so that they work below any path of a proxy.

namespace millrace::server {

struct PageOptions {
    int status = 200;
    std::string title;  ///< of the window; the heading is the page's own
    /// The page has a form that its own server is to know by its Origin.
    bool has_form = false;
    /// Origin to which the form's answer may lead, such as `https://example.com`.
    std::string leads_to;
};

/// `main` stands in the page's `main` element. Never stored, framed or guessed to be another thing.
Response page_response(const PageOptions& options, const Html& main);

/// A page that only says something.
Response message_page(int status, std::string_view title, std::string_view text);

/// Writes `21 November 2026, 09:05 UTC`, which programs can read, too.
void write_time(Html& html, core::Time at);
std::string time_text(core::Time at);

/// Whether somebody would rather read a page than data: `Accept` names `text/html`.
bool prefers_page(const Request& request);

}  // namespace millrace::server
