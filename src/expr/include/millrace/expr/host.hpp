// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::expr {

/// What expressions may ask for and this room cannot compute: digests and the rules of time zones.
/// The answers are functions of the arguments and of the machine's zone rules, which stay as they
/// are while the process lives. Thread-safe; outlives all that was compiled with it.
class Host {
public:
    virtual ~Host() = default;

    /// Names of the digest algorithms, sorted: `sha256` and others.
    virtual std::span<const std::string_view> digest_names() const = 0;
    /// The raw digest; nothing when there is no such algorithm.
    virtual std::optional<std::string> digest(std::string_view algorithm,
                                              std::string_view bytes) const = 0;

    /// Is this a zone of the IANA database, such as `Europe/Berlin`, or `UTC`?
    virtual bool has_zone(std::string_view zone) const = 0;
    /// The zone with the nearest name, for "did you mean"; empty when none is near.
    virtual std::string nearest_zone(std::string_view name) const = 0;
    /// How far local time is ahead of UTC, in milliseconds. The zone exists.
    virtual std::int64_t offset_at(std::string_view zone, std::int64_t instant_ms) const = 0;
};

}  // namespace millrace::expr
