// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expr {

/// The names an expression may start from.
enum class Root : std::uint8_t {
    input,
    ports,
    inputs,
    trigger,
    nodes,
    vars,
    execution,
    item,
    index,
    acc,
    value,
    from,
    to,
    error,
    secrets,
    links,  ///< at which runs that wait for people or programs are answered
    now,
    uuid,  ///< a text that stands for the step, from which `$uuid()` is made
};

inline constexpr std::size_t root_count = 18;

/// As it is written in an expression.
std::string_view to_text(Root root);
std::optional<Root> parse_root(std::string_view name);

/// The roots that exist at one place of a document.
class RootSet {
public:
    constexpr RootSet() = default;
    constexpr RootSet(std::initializer_list<Root> roots) {
        for (const Root root : roots)
            add(root);
    }
    static constexpr RootSet all() {
        RootSet set;
        set.bits_ = (1u << root_count) - 1;
        return set;
    }

    constexpr RootSet& add(Root root) {
        bits_ |= 1u << static_cast<unsigned>(root);
        return *this;
    }
    constexpr bool contains(Root root) const {
        return (bits_ & 1u << static_cast<unsigned>(root)) != 0;
    }
    friend constexpr bool operator==(RootSet, RootSet) = default;

private:
    std::uint32_t bits_ = 0;
};

/// What an expression reads from outside, resolved by the caller before evaluation:
/// `nodes.charge.out` is {nodes, "charge", "out"}, `ports.right` {ports, "right"},
/// `vars.threshold` {vars, "threshold"}, bare `vars` {vars} (an object of all of them), `inputs`
/// {inputs}, `now()` {now}, `$uuid()` {uuid}. Access to members of the value happens during
/// evaluation.
struct Reference {
    Root root = Root::input;
    std::string first;  ///< node id for `nodes` and `links`; name for `ports`, `vars` and `secrets`
    std::string second;  ///< port name for `nodes`

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// As it could be written in an expression, for messages.
std::string to_text(const Reference& reference);

}  // namespace millrace::expr
