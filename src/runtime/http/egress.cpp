// SPDX-License-Identifier: Apache-2.0
#include "http/egress.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::runtime {
namespace {

struct DefaultRange {
    std::string_view base;
    unsigned prefix;
    std::string_view what;
};

constexpr std::array default_ranges = std::to_array<DefaultRange>({
    {"169.254.169.254", 32, "the metadata service of clouds"},
    {"169.254.0.0", 16, "link-local"},
    {"100.100.100.200", 32, "the metadata service of Alibaba Cloud"},
    {"168.63.129.16", 32, "the host service of Azure"},
    {"192.0.0.192", 32, "the metadata service of Oracle Cloud"},
    {"0.0.0.0", 8, "unspecified"},
    {"224.0.0.0", 4, "multicast"},
    {"255.255.255.255", 32, "broadcast"},
    {"240.0.0.0", 4, "reserved"},
    {"fd00:ec2::254", 128, "the metadata service of AWS"},
    {"fd20:ce::254", 128, "the metadata service of Google Cloud"},
    {"fe80::", 10, "link-local"},
    {"fec0::", 10, "site-local"},
    {"::", 128, "unspecified"},
    {"ff00::", 8, "multicast"},
});

constexpr std::array<std::string_view, 4> default_hosts = {
    "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"};

struct ParsedDefault {
    IpRange range;
    std::string_view what;
};

const std::vector<ParsedDefault>& parsed_defaults() {
    static const std::vector<ParsedDefault> parsed = [] {
        std::vector<ParsedDefault> ranges;
        for (const DefaultRange& range : default_ranges) {
            ranges.push_back({{*IpAddress::parse(range.base), range.prefix}, range.what});
        }
        return ranges;
    }();
    return parsed;
}

IpRange whole(const IpAddress& address) {
    return {address, address.bits()};
}

/// The lowest address that shares the first `prefix` bits.
IpAddress cut(const IpAddress& address, unsigned prefix) {
    std::array<std::uint8_t, 16> bytes = address.bytes();
    for (unsigned bit = prefix; bit < address.bits(); ++bit) {
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80u >> (bit % 8)));
    }
    if (address.is_v4()) return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    return IpAddress::v6(bytes);
}

std::unexpected<core::Error> bad(std::string_view rule, std::string_view why) {
    return core::fail(EgressErrc::bad_rule,
                      "egress rule \"" + std::string{rule} + "\": " + std::string{why});
}

bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string_view code_text(EgressErrc) {
    return "bad_rule";
}

EgressPolicy::EgressPolicy() = default;

core::Result<EgressPolicy> EgressPolicy::make(const EgressRules& rules) {
    EgressPolicy policy;
    policy.only_allowed_ = rules.only_allowed;
    const auto add = [](const std::vector<std::string>& texts,
                        std::vector<Rule>& parsed) -> core::Result<> {
        for (const std::string& text : texts) {
            core::Result<Rule> rule = parse_rule(text);
            if (!rule) return std::unexpected{rule.error()};
            parsed.push_back(*std::move(rule));
        }
        return {};
    };
    if (core::Result<> added = add(rules.allow, policy.allow_); !added) {
        return std::unexpected{added.error().during("allow")};
    }
    if (core::Result<> added = add(rules.deny, policy.deny_); !added) {
        return std::unexpected{added.error().during("deny")};
    }
    return policy;
}

core::Result<EgressPolicy::Rule> EgressPolicy::parse_rule(std::string_view text) {
    if (text.empty()) {
        return bad(text, "is empty; write an address, a range such as 10.0.0.0/8 or a host");
    }
    if (text.find("://") != std::string_view::npos) {
        return bad(text, "is a URL; write the host alone, such as api.example.com");
    }
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        return parse_range(text, slash);
    }
    if (const std::optional<IpAddress> address = IpAddress::parse(text)) return whole(*address);
    if (text.find(':') != std::string_view::npos || text.front() == '[') {
        return bad(text, "is no address and no host; ports and brackets have no place here");
    }
    return parse_host(text);
}

core::Result<EgressPolicy::Rule> EgressPolicy::parse_range(std::string_view text,
                                                           std::size_t slash) {
    const std::optional<IpAddress> address = IpAddress::parse(text.substr(0, slash));
    if (!address) return bad(text, "what stands before the / is no IPv4 or IPv6 address");
    const std::string_view digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), prefix);
    if (error != std::errc{} || end != digits.end() || prefix > address->bits()) {
        return bad(text,
                   "the prefix length is a number from 0 to " + std::to_string(address->bits()));
    }
    const IpAddress base = cut(*address, prefix);
    if (base != *address) {
        return bad(
            text, "has bits beyond its prefix; did you mean " + IpRange{base, prefix}.text() + "?");
    }
    return IpRange{base, prefix};
}

core::Result<EgressPolicy::Rule> EgressPolicy::parse_host(std::string_view text) {
    HostPattern pattern;
    pattern.name = normal_host(text);
    if (pattern.name.starts_with("*.")) {
        pattern.below = true;
        pattern.name.erase(0, 2);
    }
    if (pattern.name.find('*') != std::string::npos) {
        return bad(text, "a * stands only for what is below a host, as in *.example.com");
    }
    bool label_is_empty = true;
    for (const char c : pattern.name) {
        if (c == '.' && label_is_empty) return bad(text, "has an empty part between dots");
        if (c != '.' && !is_label_char(c)) {
            return bad(text,
                       "a host has letters, digits, '-', '_' and '.'; write names beyond "
                       "ASCII in their xn-- form");
        }
        label_is_empty = c == '.';
    }
    if (label_is_empty) return bad(text, "has an empty part between dots");
    // Such a host would be taken for an IPv4 address in an odd notation and never match by name.
    const std::size_t dot = pattern.name.rfind('.');
    const char last = pattern.name[dot == std::string::npos ? 0 : dot + 1];
    if (last >= '0' && last <= '9') {
        return bad(text, "looks like an address; write it as four decimal numbers");
    }
    return pattern;
}

std::string EgressPolicy::normal_host(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string normal{host};
    for (char& c : normal) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return normal;
}

bool EgressPolicy::HostPattern::matches(std::string_view host) const {
    if (!below) return host == name;
    return host.size() > name.size() + 1 && host.ends_with(name) &&
           host[host.size() - name.size() - 1] == '.';
}

const IpRange* EgressPolicy::range_of(const std::vector<Rule>& rules, const IpAddress& address) {
    for (const Rule& rule : rules) {
        const IpRange* range = std::get_if<IpRange>(&rule);
        if (range != nullptr && range->contains(address)) return range;
    }
    return nullptr;
}

const EgressPolicy::HostPattern* EgressPolicy::host_of(const std::vector<Rule>& rules,
                                                       std::string_view host) {
    for (const Rule& rule : rules) {
        const HostPattern* pattern = std::get_if<HostPattern>(&rule);
        if (pattern != nullptr && pattern->matches(host)) return pattern;
    }
    return nullptr;
}

bool EgressPolicy::has_allowed_range() const {
    return std::any_of(allow_.begin(), allow_.end(),
                       [](const Rule& rule) { return std::holds_alternative<IpRange>(rule); });
}

std::optional<std::string> EgressPolicy::host_denial(std::string_view raw) const {
    const std::string host = normal_host(raw);
    if (const HostPattern* pattern = host_of(deny_, host)) {
        return "the rule \"deny " + pattern->text() + "\" names it";
    }
    if (host_of(allow_, host) != nullptr) return std::nullopt;
    if (std::find(default_hosts.begin(), default_hosts.end(), host) != default_hosts.end()) {
        return "it is the metadata service of a cloud";
    }
    // With a range among the allowed, the answer depends on the address.
    if (only_allowed_ && !has_allowed_range()) return "no allow rule names it";
    return std::nullopt;
}

std::optional<std::string> EgressPolicy::denial_of(const IpAddress& address) const {
    if (const IpRange* range = range_of(deny_, address)) {
        return "the rule \"deny " + range->text() + "\" contains it";
    }
    if (range_of(allow_, address) != nullptr) return std::nullopt;
    for (const ParsedDefault& denied : parsed_defaults()) {
        if (denied.range.contains(address)) return "it is " + std::string{denied.what};
    }
    return std::nullopt;
}

std::optional<std::string> EgressPolicy::address_denial(std::string_view host,
                                                        const IpAddress& address) const {
    if (std::optional<std::string> denial = denial_of(address)) return denial;
    if (range_of(allow_, address) == nullptr) {
        for (const IpAddress& inner : address.embedded_v4()) {
            if (std::optional<std::string> denial = denial_of(inner)) {
                return "it stands for " + inner.text() + ", and " + *denial;
            }
        }
        if (only_allowed_ && host_of(allow_, normal_host(host)) == nullptr) {
            return "no allow rule names it";
        }
    }
    return std::nullopt;
}

}  // namespace millrace::runtime
