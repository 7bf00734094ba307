// SPDX-License-Identifier: Apache-2.0
#include "documents/document_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <tuple>

#include "documents/suspicion.hpp"
#include "millrace/core/size.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/schema.hpp"

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

/// In the order of the text. What is wrong with both ends of a connection at once is told once.
void sort_by_place(core::Problems& problems) {
    std::ranges::stable_sort(problems, {}, [](const core::Problem& problem) {
        return std::tuple{problem.line, problem.column};
    });
    const auto is_same = [](const core::Problem& a, const core::Problem& b) {
        return a.code == b.code && a.line == b.line && a.column == b.column && a.path == b.path &&
               a.message == b.message;
    };
    problems.erase(std::unique(problems.begin(), problems.end(), is_same), problems.end());
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

CheckedDocument check_document(const format::SourceText& source,
                               const engine::NodeLibrary& library) {
    format::DocumentRead read = format::read_document(source);
    CheckedDocument checked{std::move(read.document), std::move(read.problems),
                            std::move(read.warnings)};
    const auto& readable = checked.document ? checked.document : read.draft;
    if (!readable) return checked;
    engine::CompileResult compiled =
        engine::compile(*readable, {readable->id, 1, format::document_hash(*readable)}, library,
                        format::compile_schema);
    // A person mends a document in one go when told all at once, but is not told what follows.
    compiled.problems = format::independent(std::move(compiled.problems), checked.problems);
    compiled.warnings = format::independent(std::move(compiled.warnings), checked.problems);
    if (compiled.plan && checked.problems.empty()) {
        checked.plan = compiled.plan;
        std::ranges::move(suspicions(*checked.document, *checked.plan),
                          std::back_inserter(compiled.warnings));
    }
    format::locate(source, compiled.problems);
    format::locate(source, compiled.warnings);
    std::ranges::move(compiled.problems, std::back_inserter(checked.problems));
    std::ranges::move(compiled.warnings, std::back_inserter(checked.warnings));
    sort_by_place(checked.problems);
    sort_by_place(checked.warnings);
    return checked;
}

}  // namespace millrace::cli
