// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/rollups.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "millrace/core/binary.hpp"

namespace millrace::store {

namespace {

constexpr std::uint64_t exact_values = 32;
constexpr std::uint16_t cells_each = 16;  // of one power of two
constexpr int first_power = 5;            // 2^5 is the first value that shares its cell
constexpr std::uint16_t last_cell = exact_values + (63 - first_power) * cells_each + 15;

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;

std::uint16_t cell_of(std::uint64_t value) {
    if (value < exact_values) return static_cast<std::uint16_t>(value);
    const int power = static_cast<int>(std::bit_width(value)) - 1;
    const std::uint64_t within = (value >> (power - 4)) & 15u;
    return static_cast<std::uint16_t>(
        exact_values + static_cast<unsigned>(power - first_power) * cells_each + within);
}

/// The middle of a cell, which is at most 1/32 of any value in it away from that.
std::uint64_t value_of(std::uint16_t cell) {
    if (cell < exact_values) return cell;
    const auto above = static_cast<unsigned>(cell - exact_values);
    const unsigned power = above / cells_each + first_power;
    const std::uint64_t low = std::uint64_t{16u + above % cells_each} << (power - 4);
    return low + (std::uint64_t{1} << (power - 5));
}

constexpr std::uint8_t packed_form = 1;
constexpr std::uint64_t duration_bit = 1u << 7;
constexpr std::uint64_t errors_bit = 1u << 8;
constexpr unsigned first_usage_bit = 9;

/// In the order of the bits that say which of them are there.
template <class R>
auto counters_of(R& rollup) {
    return std::array{&rollup.started, &rollup.completed, &rollup.failed, &rollup.canceled,
                      &rollup.skipped, &rollup.attempts,  &rollup.retries};
}
template <class R>
auto usages_of(R& rollup) {
    return std::array{&rollup.cpu_us, &rollup.memory_bytes, &rollup.sent_bytes,
                      &rollup.received_bytes};
}

}  // namespace

// ---- Histogram ------------------------------------------------------------------------------

void Histogram::add(std::uint64_t value) {
    const std::uint16_t cell = cell_of(value);
    const auto at = std::ranges::lower_bound(cells_, cell, {}, &Cell::first);
    if (at != cells_.end() && at->first == cell) {
        ++at->second;
    } else {
        cells_.insert(at, {cell, 1});
    }
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    ++count_;
    sum_ += value;
}

void Histogram::merge(const Histogram& other) {
    if (other.count_ == 0) return;
    std::vector<Cell> merged;
    merged.reserve(cells_.size() + other.cells_.size());
    auto mine = cells_.begin();
    auto theirs = other.cells_.begin();
    while (mine != cells_.end() && theirs != other.cells_.end()) {
        if (mine->first == theirs->first) {
            merged.emplace_back(mine->first, mine->second + theirs->second);
            ++mine, ++theirs;
        } else {
            merged.push_back(mine->first < theirs->first ? *mine++ : *theirs++);
        }
    }
    merged.insert(merged.end(), mine, cells_.end());
    merged.insert(merged.end(), theirs, other.cells_.end());
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    count_ += other.count_;
    sum_ += other.sum_;
    cells_ = std::move(merged);
}

std::uint64_t Histogram::quantile(double share) const {
    if (count_ == 0) return 0;
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t below = 0;
    for (const auto& [cell, count] : cells_) {
        below += count;
        if (below >= rank) return std::clamp(value_of(cell), min_, max_);
    }
    return max_;
}

// ---- Usage and Rollup -----------------------------------------------------------------------

void Usage::add(std::uint64_t amount) {
    ++count;
    sum += amount;
    max = std::max(max, amount);
}

void Usage::merge(const Usage& other) {
    count += other.count;
    sum += other.sum;
    max = std::max(max, other.max);
}

void Rollup::count_error(std::string_view code, std::uint64_t times) {
    if (const auto known = errors.find(code); known != errors.end()) {
        known->second += times;
        return;
    }
    const auto other = errors.find(other_errors);
    const std::size_t named = errors.size() - (other == errors.end() ? 0 : 1);
    if (named < errors_max || code == other_errors) {
        errors.emplace(code, times);
        return;
    }
    // The rarest gives its place to one that came more often.
    auto rarest = errors.end();
    for (auto at = errors.begin(); at != errors.end(); ++at)
        if (at != other && (rarest == errors.end() || at->second < rarest->second)) rarest = at;
    std::uint64_t unnamed = times;
    if (rarest->second < times) {
        unnamed = rarest->second;
        errors.erase(rarest);
        errors.emplace(code, times);
    }
    errors[std::string{other_errors}] += unnamed;
}

void Rollup::merge(const Rollup& other) {
    const auto mine = counters_of(*this);
    const auto theirs = counters_of(other);
    for (std::size_t i = 0; i < mine.size(); ++i)
        *mine[i] += *theirs[i];
    duration_ms.merge(other.duration_ms);
    for (const auto& [code, count] : other.errors)
        count_error(code, count);
    const auto used = usages_of(*this);
    const auto added = usages_of(other);
    for (std::size_t i = 0; i < used.size(); ++i)
        used[i]->merge(*added[i]);
}

// ---- The stored form ------------------------------------------------------------------------

/// Reaches the cells of a histogram.
struct RollupCodec {
    static void write(core::BinaryWriter& out, const Histogram& histogram) {
        out.varint(histogram.cells_.size());
        std::uint16_t last = 0;
        for (const auto& [cell, count] : histogram.cells_) {
            out.varint(static_cast<std::uint64_t>(cell - last));
            out.varint(count);
            last = cell;
        }
        out.varint(histogram.sum_);
        out.varint(histogram.min_);
        out.varint(histogram.max_);
    }
    static Histogram read(core::BinaryReader& in) {
        Histogram histogram;
        const std::size_t cells = in.count(2);
        histogram.cells_.reserve(cells);
        std::uint64_t cell = 0;
        for (std::size_t i = 0; i < cells; ++i) {
            cell += in.varint();
            const std::uint64_t count = in.varint();
            if (cell > last_cell || count == 0) in.fail();
            histogram.cells_.emplace_back(static_cast<std::uint16_t>(cell), count);
            histogram.count_ += count;
        }
        histogram.sum_ = in.varint();
        histogram.min_ = in.varint();
        histogram.max_ = in.varint();
        return histogram;
    }
};

std::string pack_rollup(const Rollup& rollup) {
    const auto counters = counters_of(rollup);
    const auto usages = usages_of(rollup);
    std::uint64_t present = 0;
    for (std::size_t i = 0; i < counters.size(); ++i)
        if (*counters[i] != 0) present |= std::uint64_t{1} << i;
    if (rollup.duration_ms.count() != 0) present |= duration_bit;
    if (!rollup.errors.empty()) present |= errors_bit;
    for (std::size_t i = 0; i < usages.size(); ++i)
        if (usages[i]->count != 0) present |= std::uint64_t{1} << (first_usage_bit + i);
    std::string bytes;
    core::BinaryWriter out{bytes};
    out.u8(packed_form);
    out.varint(present);
    for (const std::uint64_t* const counter : counters)
        if (*counter != 0) out.varint(*counter);
    if ((present & duration_bit) != 0) RollupCodec::write(out, rollup.duration_ms);
    if ((present & errors_bit) != 0) {
        out.varint(rollup.errors.size());
        for (const auto& [code, count] : rollup.errors) {
            out.text(code);
            out.varint(count);
        }
    }
    for (const Usage* const usage : usages) {
        if (usage->count == 0) continue;
        out.varint(usage->count);
        out.varint(usage->sum);
        out.varint(usage->max);
    }
    return bytes;
}

std::optional<Rollup> unpack_rollup(std::string_view bytes) {
    core::BinaryReader in{bytes};
    if (in.u8() != packed_form) return std::nullopt;
    const std::uint64_t present = in.varint();
    const auto has = [&](std::size_t bit) { return ((present >> bit) & 1u) != 0; };
    Rollup rollup;
    const auto counters = counters_of(rollup);
    for (std::size_t i = 0; i < counters.size(); ++i)
        if (has(i)) *counters[i] = in.varint();
    if ((present & duration_bit) != 0) rollup.duration_ms = RollupCodec::read(in);
    if ((present & errors_bit) != 0) {
        const std::size_t codes = in.count(2);
        for (std::size_t i = 0; i < codes; ++i) {
            const std::string_view code = in.text();
            rollup.errors[std::string{code}] = in.varint();
        }
    }
    const auto usages = usages_of(rollup);
    for (std::size_t i = 0; i < usages.size(); ++i)
        if (has(first_usage_bit + i)) *usages[i] = {in.varint(), in.varint(), in.varint()};
    if (!in.at_end()) return std::nullopt;
    return rollup;
}

// ---- Spans ----------------------------------------------------------------------------------

core::Duration length_of(RollupSpan span) {
    switch (span) {
        case RollupSpan::minute: return core::Duration{minute_ms};
        case RollupSpan::hour: return core::Duration{hour_ms};
        case RollupSpan::day: return core::Duration{day_ms};
    }
    return core::Duration{hour_ms};
}

core::Time start_of(RollupSpan span, core::Time time) {
    const std::int64_t length = length_of(span).ms;
    const std::int64_t into = ((time.ms % length) + length) % length;
    return core::Time{time.ms - into};
}

}  // namespace millrace::store
