// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/egress_address.hpp"
#include "millrace/core/result.hpp"

namespace millrace::runtime {

enum class EgressErrc { bad_rule };
std::string_view code_text(EgressErrc code);

/// What an operator says about where nodes may connect to. A rule is an address (`10.1.2.3`,
/// `fd00::1`), a range (`10.0.0.0/8`), a host (`api.example.com`) or the hosts below one
/// (`*.example.com`).
struct EgressRules {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    /// Whatever no `allow` rule names is denied.
    bool only_allowed = false;
};

/// Decides which hosts and addresses outgoing calls may reach. Pure and immutable.
///
/// In this order: a `deny` rule wins; an `allow` rule with the address wins over what is denied by
/// default; then come the defaults: link-local, the metadata services of clouds, unspecified,
/// multicast, broadcast and reserved addresses are denied, all else is allowed. Loopback and
/// private networks are allowed, because engineers call services there; deny them where
/// workflows of strangers run.
///
/// An `allow` rule with a host does not open an address that is denied by default: a name can
/// point anywhere. IPv6 forms that carry a denied IPv4 address are denied with it.
class EgressPolicy {
public:
    /// Without rules: the defaults.
    EgressPolicy();
    /// `bad_rule` names the rule and the remedy.
    static core::Result<EgressPolicy> make(const EgressRules& rules);

    /// Before the name is resolved. Why the host may not be called, or nothing.
    std::optional<std::string> host_denial(std::string_view host) const;
    /// Of the very address that a socket is about to connect to, for a call to `host`.
    std::optional<std::string> address_denial(std::string_view host,
                                              const IpAddress& address) const;

private:
    struct HostPattern {
        std::string name;    // lower case, without a final dot
        bool below = false;  // hosts below it, not itself

        bool matches(std::string_view host) const;
        std::string text() const { return below ? "*." + name : name; }
    };
    using Rule = std::variant<IpRange, HostPattern>;

    static core::Result<Rule> parse_rule(std::string_view text);
    static core::Result<Rule> parse_range(std::string_view text, std::size_t slash);
    static core::Result<Rule> parse_host(std::string_view text);
    static std::string normal_host(std::string_view host);
    static const IpRange* range_of(const std::vector<Rule>& rules, const IpAddress& address);
    static const HostPattern* host_of(const std::vector<Rule>& rules, std::string_view host);
    std::optional<std::string> denial_of(const IpAddress& address) const;
    bool has_allowed_range() const;

    std::vector<Rule> allow_;
    std::vector<Rule> deny_;
    bool only_allowed_ = false;
};

}  // namespace millrace::runtime
