// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.hpp"

#include <algorithm>
#include <array>

#include <zlib.h>

#include "http/text.hpp"

namespace millrace::server {

namespace {

// Speed matters more than the last percent: level 1 takes a fifth of the time of level 6.
constexpr int level = 1;
// Window bits, with 16 for gzip's own header.
constexpr int window_bits = 15 + 16;
constexpr int memory_level = 8;

/// One thread's compressor: its tables have 256 KiB, too much to be made for every answer.
class Compressor {
public:
    Compressor() {
        is_ready_ = deflateInit2(&stream_, level, Z_DEFLATED, window_bits, memory_level,
                                 Z_DEFAULT_STRATEGY) == Z_OK;
    }
    ~Compressor() {
        if (is_ready_) deflateEnd(&stream_);
    }
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    std::string compress(std::string_view text) {
        if (!is_ready_ || deflateReset(&stream_) != Z_OK) return {};
        std::string out;
        out.resize(deflateBound(&stream_, static_cast<uLong>(text.size())));
        // zlib does not write to its input, but its interface lacks the const.
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return {};
        out.resize(stream_.total_out);
        return out;
    }

private:
    z_stream stream_{};
    bool is_ready_ = false;
};

bool is_zero(std::string_view quality) {
    return !quality.empty() && quality.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    bool is_accepted = false;
    while (!accept_encoding.empty()) {
        const std::string_view item = take_item(accept_encoding, ',');
        std::string_view rest = item;
        const std::string_view coding = take_item(rest, ';');
        std::string_view quality = rest;
        if (quality.starts_with("q=") || quality.starts_with("Q=")) quality.remove_prefix(2);
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
            return !is_zero(quality);
        }
        if (coding == "*") is_accepted = !is_zero(quality);
    }
    return is_accepted;
}

bool is_compressible(std::string_view content_type) {
    constexpr std::array<std::string_view, 7> kinds{"text/", "json",       "yaml", "xml",
                                                    "csv",   "javascript", "svg"};
    return std::ranges::any_of(kinds, [&](std::string_view kind) {
        return content_type.find(kind) != std::string_view::npos;
    });
}

std::string gzip(std::string_view text) {
    static thread_local Compressor compressor;
    return compressor.compress(text);
}

}  // namespace millrace::server
