// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::nodes {

enum class SelectorErrc { bad_selector };
std::string_view code_text(SelectorErrc code);

/// A text with stars in it, which stand for one character or more.
class StarPattern {
public:
    /// `dots`: a single star does not go beyond a dot, only two of them do, as in `order.*` and
    /// `shop.**`. Otherwise every star stands for anything. 1 to 255 visible ASCII characters.
    static core::Result<StarPattern> parse(std::string_view text, bool dots);

    bool takes(std::string_view text) const;
    bool has_stars() const { return has_stars_; }
    const std::string& text() const { return text_; }

private:
    std::string text_;
    bool dots_ = false;
    bool has_stars_ = false;
};

/// The member of an event at a path such as `data.lines.0.sku`; null pointer: there is none.
const core::Value* event_member(const core::Value& event, std::string_view path);

/// Which events a node wants, as its data says: `source`, `match`, `filter`, and the types under a
/// key of the node's choice. Types are patterns such as `order.created`, `order.*` and `**`;
/// sources are patterns whose stars stand for anything. Either is a text or a list of texts, of
/// which one must fit. `match` names members of the event and what they must be equal to, such as
/// `{"data.order": 7}`; `filter` is an expression over `item`, the event. Immutable: usable from
/// any thread.
class EventSelector {
public:
    static core::Result<EventSelector> make(const core::Value& data, std::string_view types_key);

    bool takes_type(std::string_view type) const;
    bool takes_source(std::string_view source) const;
    /// Names this source without stars.
    bool names_source(std::string_view source) const;
    /// What `match` and `filter` say of the event; a filter that fails takes nothing.
    std::expected<bool, core::Failure> takes_content(const core::Value& event) const;

private:
    std::vector<StarPattern> types_;
    std::vector<StarPattern> sources_;  // none: all
    std::vector<std::pair<std::string, core::Value>> match_;
    std::optional<expr::Expression> filter_;
};

/// Finds what is wrong with such data before the run. `pointer` is its place in the document.
/// Texts with templates are seen unevaluated and left alone, but for the filter.
void check_event_selector(const core::Value& data, const std::string& pointer,
                          std::string_view types_key, core::Problems& problems);

}  // namespace millrace::nodes
