// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "millrace/engine/run_key.hpp"

// The engine never sees what a secret is. A request holds a text in its place that nobody outside
// can guess, and whoever performs the request puts the secret there.

namespace millrace::engine {

/// A stored secret that a request names, and the text that stands for it there: letters and digits,
/// so that no encoding of a request changes it.
struct SecretUse {
    std::string name;
    std::string marker;
    /// It stands for the link at which this run is answered, and `name` is `link:` with its node.
    std::optional<RunKey> link;
};

/// How a text is written where the secret goes.
enum class TextForm : std::uint8_t {
    plain,
    header,       ///< one line
    url_host,     ///< scheme, name and password, host and port
    url_path,     ///< behind it, up to the `?`
    url_query,    ///< behind it, or the body of a form
    json_string,  ///< within the quotes
};

/// Gives the text to put in a marker's place.
using SecretText = std::function<std::string(const SecretUse& secret, TextForm form)>;

std::string with_secrets(std::string_view text, std::span<const SecretUse> secrets, TextForm form,
                         const SecretText& fill);
core::Value with_secrets(const core::Value& value, std::span<const SecretUse> secrets,
                         const SecretText& fill);
/// In every text of the request; `fill` is told how each is written.
void put_secrets(EffectRequest& request, std::span<const SecretUse> secrets,
                 const SecretText& fill);

/// For people: `{{ secrets.NAME }}` where a marker stands.
void name_secrets(EffectRequest& request, std::span<const SecretUse> secrets);
void name_secrets(core::Failure& failure, std::span<const SecretUse> secrets);

}  // namespace millrace::engine
