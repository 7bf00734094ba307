// SPDX-License-Identifier: Apache-2.0
#include "archive/archive_member.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include <zlib.h>

#include "http/gzip.hpp"

namespace millrace::server {
namespace {

// RFC 1952: ten bytes, then an extra field with the length of it all in its subfield "MR".
constexpr std::size_t plain_header_size = 10;
constexpr std::size_t flags_at = 3;
constexpr char extra_flag = 4;
constexpr std::string_view extra_head{"\x08\0MR\x04\0", 6};
constexpr std::size_t length_at = plain_header_size + extra_head.size();
constexpr std::size_t header_size = length_at + 4;
constexpr std::string_view first_bytes{"\x1f\x8b\x08\x04", 4};
constexpr std::size_t buffer_size = 64u << 10;

struct Bytes {
    int descriptor;
    std::uint64_t size;
    const std::filesystem::path& file;

    /// As many as `room` takes, fewer at the end.
    core::Result<std::size_t> read(std::uint64_t at, char* to, std::size_t room) const {
        std::size_t done = 0;
        while (done < room && at + done < size) {
            const ssize_t part =
                ::pread(descriptor, to + done, room - done, static_cast<off_t>(at + done));
            if (part < 0 && errno == EINTR) continue;
            if (part < 0) {
                return core::fail(ArchiveErrc::io, "cannot read the archive " + file.string() +
                                                       ": " + std::strerror(errno));
            }
            if (part == 0) break;
            done += static_cast<std::size_t>(part);
        }
        return done;
    }
};

/// Where the member that begins there ends; none when it is not whole. Unpacks it.
core::Result<std::optional<std::uint64_t>> unpacked_end(const Bytes& bytes, std::uint64_t at) {
    struct Inflater {
        z_stream stream{};
        bool is_ready = inflateInit2(&stream, 15 + 16) == Z_OK;
        ~Inflater() {
            if (is_ready) inflateEnd(&stream);
        }
    } inflater;
    if (!inflater.is_ready) return core::fail(ArchiveErrc::io, "no memory to check the archive");
    std::array<char, buffer_size> in;
    std::array<char, buffer_size> out;
    z_stream& stream = inflater.stream;
    for (;;) {
        const auto got = bytes.read(at, in.data(), in.size());
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return std::nullopt;
        at += *got;
        stream.next_in = reinterpret_cast<Bytef*>(in.data());
        stream.avail_in = static_cast<uInt>(*got);
        do {
            stream.next_out = reinterpret_cast<Bytef*>(out.data());
            stream.avail_out = static_cast<uInt>(out.size());
            const int code = inflate(&stream, Z_NO_FLUSH);
            if (code == Z_STREAM_END) return at - stream.avail_in;
            if (code == Z_BUF_ERROR) break;  // takes the next part
            if (code != Z_OK) return std::nullopt;
        } while (stream.avail_in > 0 || stream.avail_out == 0);
    }
}

core::Result<bool> is_zero_to_end(const Bytes& bytes, std::uint64_t at) {
    std::array<char, buffer_size> part;
    for (;;) {
        const auto got = bytes.read(at, part.data(), part.size());
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return true;
        const std::string_view text{part.data(), *got};
        if (text.find_first_not_of('\0') != std::string_view::npos) return false;
        at += *got;
    }
}

/// The length that a member of ours notes; none: it is not ours.
std::optional<std::uint64_t> noted_length(std::string_view header) {
    if (header.size() < header_size || !header.starts_with(first_bytes) ||
        header.substr(plain_header_size, extra_head.size()) != extra_head)
        return std::nullopt;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
        length |= std::uint64_t{static_cast<unsigned char>(header[length_at + i])} << (8 * i);
    if (length <= header_size) return std::nullopt;
    return length;
}

/// Whether a crash can have left this in the place of a member of ours.
core::Result<bool> is_torn_header(const Bytes& bytes, std::uint64_t at, std::string_view header) {
    const std::size_t shown = std::min(header.size(), first_bytes.size());
    if (header.size() < header_size && header.substr(0, shown) == first_bytes.substr(0, shown))
        return true;
    return is_zero_to_end(bytes, at);
}

}  // namespace

std::string_view code_text(ArchiveErrc code) {
    switch (code) {
        case ArchiveErrc::io: return "archive_io";
        case ArchiveErrc::damaged: return "archive_damaged";
        case ArchiveErrc::busy: return "archive_busy";
    }
    return "unknown";
}

std::string archive_member(std::string_view text) {
    const std::string plain = gzip(text);
    if (plain.size() <= plain_header_size ||
        plain.size() > std::numeric_limits<std::uint32_t>::max() - header_size)
        return {};
    const std::size_t length = plain.size() - plain_header_size + header_size;
    std::string member;
    member.reserve(length);
    member.append(plain, 0, plain_header_size).append(extra_head);
    member[flags_at] = extra_flag;
    for (std::size_t i = 0; i < 4; ++i)
        member += static_cast<char>((length >> (8 * i)) & 0xff);
    return member.append(plain, plain_header_size);
}

core::Result<std::uint64_t> whole_bytes(int descriptor, std::uint64_t size,
                                        const std::filesystem::path& file) {
    const Bytes bytes{descriptor, size, file};
    std::uint64_t at = 0;
    while (at < size) {
        std::array<char, header_size> first;
        const auto got = bytes.read(at, first.data(), first.size());
        if (!got) return std::unexpected(got.error());
        const std::string_view header{first.data(), *got};
        const auto length = noted_length(header);
        // Those before the last were durable before the next was begun.
        if (length && at + *length < size) {
            at += *length;
            continue;
        }
        if (!length) {
            const auto is_torn = is_torn_header(bytes, at, header);
            if (!is_torn) return std::unexpected(is_torn.error());
            if (*is_torn) return at;
        }
        const auto end = unpacked_end(bytes, at);
        if (!end) return std::unexpected(end.error());
        if (length && !*end) return at;
        if (!*end || (length && **end != at + *length)) {
            return core::fail(ArchiveErrc::damaged, "the archive " + file.string() +
                                                        " is damaged at byte " +
                                                        std::to_string(at) + "; move it away");
        }
        at = **end;
    }
    return at;
}

}  // namespace millrace::server
