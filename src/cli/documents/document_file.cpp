// SPDX-License-Identifier: Apache-2.0
#include "documents/document_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>

#include "millrace/core/size.hpp"

namespace millrace::cli {
namespace {

/// At most one byte more than `bytes_max`.
std::string read_some(std::istream& in, std::size_t bytes_max) {
    std::string text;
    std::size_t wanted = bytes_max + 1;
    while (wanted > 0 && in) {
        const std::size_t before = text.size();
        const std::size_t part = std::min<std::size_t>(wanted, 1u << 16);
        text.resize(before + part);
        in.read(text.data() + before, static_cast<std::streamsize>(part));
        text.resize(before + static_cast<std::size_t>(in.gcount()));
        wanted -= text.size() - before;
    }
    return text;
}

core::Result<std::string> read_up_to(const Console& console, const std::string& name,
                                     std::size_t bytes_max) {
    if (name == "-") return read_some(console.in, bytes_max);
    std::error_code ignored;
    if (std::filesystem::is_directory(name, ignored)) {
        return core::fail(FileErrc::unreadable,
                          one_line(name) + " is a folder; name the files in it");
    }
    errno = 0;
    std::ifstream file{name, std::ios::binary};
    if (!file) {
        return core::fail(FileErrc::unreadable,
                          "cannot read " + one_line(name) + ": " + std::strerror(errno));
    }
    return read_some(file, bytes_max);
}

}  // namespace

std::string_view code_text(FileErrc code) {
    switch (code) {
        case FileErrc::unreadable: return "unreadable";
        case FileErrc::too_large: return "too_large";
        case FileErrc::bad_argument: return "bad_argument";
        case FileErrc::exists: return "exists";
    }
    return "unreadable";
}

core::Result<std::string> read_text(const Console& console, const std::string& name,
                                    std::size_t bytes_max) {
    auto text = read_up_to(console, name, bytes_max);
    if (text && text->size() > bytes_max) {
        return core::fail(FileErrc::too_large, (name == "-" ? "standard input" : one_line(name)) +
                                                   " is longer than " +
                                                   core::to_text(core::ByteSize{bytes_max}));
    }
    return text;
}

core::Result<format::SourceText> read_source(const Console& console, const std::string& name) {
    auto text = read_up_to(console, name, format::DocumentLimits{}.bytes_max);
    if (!text) return std::unexpected(text.error());
    return format::SourceText{name == "-" ? "stdin" : name, std::move(*text),
                              format::syntax_of(name)};
}

}  // namespace millrace::cli
