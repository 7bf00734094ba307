// SPDX-License-Identifier: Apache-2.0
#include "documents/text_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "documents/document_file.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::unexpected<core::Error> not_written(const std::string& name, int error) {
    return core::fail(FileErrc::unreadable,
                      "cannot write " + one_line(name) + ": " + std::strerror(error));
}

core::Result<> write_all(const File& file, const std::string& name, std::string_view text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                            std::fflush(file.get()) == 0 && ::fsync(::fileno(file.get())) == 0;
    if (!is_written) return not_written(name, errno);
    return {};
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string range_text(std::size_t first, std::size_t count) {
    // Of nothing, the line before it is named.
    if (count == 0) return fmt::format("{},0", first - 1);
    return count == 1 ? std::to_string(first) : fmt::format("{},{}", first, count);
}

}  // namespace

core::Result<> create_file(const std::string& name, std::string_view text) {
    // "x": creates the file or fails.
    const File file{std::fopen(name.c_str(), "wx"), std::fclose};
    if (!file && errno == EEXIST)
        return core::fail(FileErrc::exists, one_line(name) + " exists already; name another file");
    if (!file) return not_written(name, errno);
    return write_all(file, name, text);
}

core::Result<> replace_file(const std::string& name, std::string_view text) {
    std::error_code error;
    fs::path target = fs::canonical(name, error);
    const bool exists = !error;
    if (!exists) target = name;
    const std::string draft = target.string() + fmt::format(".{}.tmp", ::getpid());
    {
        const File file{std::fopen(draft.c_str(), "wx"), std::fclose};
        if (!file) return not_written(name, errno);
        if (auto written = write_all(file, name, text); !written) {
            fs::remove(draft, error);
            return written;
        }
    }
    error.clear();
    if (exists) fs::permissions(draft, fs::status(target).permissions(), error);
    if (!error) fs::rename(draft, target, error);
    if (error) {
        const int number = error.value();
        fs::remove(draft, error);
        return not_written(name, number);
    }
    return {};
}

std::string line_diff(const std::string& name, std::string_view before, std::string_view after,
                      bool color) {
    const std::vector<std::string_view> old = lines_of(before);
    const std::vector<std::string_view> now = lines_of(after);
    const std::size_t both = std::min(old.size(), now.size());
    std::string text;
    for (std::size_t at = 0; at < std::max(old.size(), now.size());) {
        if (at < both && old[at] == now[at]) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < both && old[end] != now[end])
            ++end;
        const std::size_t old_end = end == both ? old.size() : end;
        const std::size_t new_end = end == both ? now.size() : end;
        text += painted(Tone::dim,
                        fmt::format("@@ -{} +{} @@", range_text(at + 1, old_end - at),
                                    range_text(at + 1, new_end - at)),
                        color) +
                "\n";
        for (std::size_t i = at; i < old_end; ++i)
            text += painted(Tone::bad, "-" + one_line(old[i]), color) + "\n";
        for (std::size_t i = at; i < new_end; ++i)
            text += painted(Tone::good, "+" + one_line(now[i]), color) + "\n";
        at = end == both ? std::max(old.size(), now.size()) : end;
    }
    if (text.empty()) return text;
    const std::string shown = one_line(name);
    return painted(Tone::strong, "--- " + shown, color) + "\n" +
           painted(Tone::strong, "+++ " + shown, color) + "\n" + text;
}

}  // namespace millrace::cli
