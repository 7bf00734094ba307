// SPDX-License-Identifier: Apache-2.0
#include "serve/server_files.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "documents/document_file.hpp"
#include "millrace/core/json.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t token_bytes = 32;
constexpr std::size_t token_text_min = 32;
constexpr std::size_t token_text_max = 512;
constexpr mode_t only_mine = 0600;

std::unexpected<core::Error> file_error(const fs::path& file, std::string_view why) {
    return core::fail(FileErrc::unreadable, one_line(file.string()) + ": " + std::string{why});
}

enum class Lasting : std::uint8_t { while_it_runs, for_ever };

/// Nobody else may read the file at any moment, so it is born with its mode. It must not be there.
core::Result<> write_private(const fs::path& file, std::string_view text, Lasting lasting) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_EXCL, only_mine);
    if (descriptor < 0 && errno == EEXIST) return core::fail(FileErrc::exists, file.string());
    if (descriptor < 0) return file_error(file, std::strerror(errno));
    const bool is_written =
        ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        (lasting == Lasting::while_it_runs || ::fsync(descriptor) == 0);
    const int failed = errno;
    ::close(descriptor);
    if (is_written) return {};
    ::unlink(file.c_str());
    return file_error(file, std::strerror(failed));
}

std::string new_token() {
    // Random bytes need no set-up of the library on Linux, but it asks for one.
    [[maybe_unused]] const int ready = ::sodium_init();
    std::array<unsigned char, token_bytes> bytes{};
    ::randombytes_buf(bytes.data(), bytes.size());
    std::array<char, token_bytes * 2> text{};
    ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return text.data();
}

bool fits_header(std::string_view token) {
    if (token.size() < token_text_min || token.size() > token_text_max) return false;
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return token.find_first_not_of(allowed) == std::string_view::npos;
}

core::Result<std::string> read_token(const fs::path& file) {
    struct ::stat found {};
    if (::stat(file.c_str(), &found) != 0) return file_error(file, std::strerror(errno));
    if (!S_ISREG(found.st_mode)) return file_error(file, "is no file");
    if ((found.st_mode & 077u) != 0) {
        return file_error(file,
                          "others may read this token; chmod 600 it, or remove it: the next "
                          "start makes a new one");
    }
    std::ifstream in{file, std::ios::binary};
    std::string token(token_text_max + 2, '\0');
    in.read(token.data(), static_cast<std::streamsize>(token.size()));
    token.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad() || !in.is_open()) return file_error(file, "cannot be read");
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
        token.pop_back();
    if (!fits_header(token)) {
        return file_error(file,
                          "holds no token, which is 32 or more letters, digits, `-` and "
                          "`_`; remove it, and the next start makes one");
    }
    return token;
}

}  // namespace

fs::path server_place(const store::OpenOptions& store, std::string_view name) {
    constexpr std::string_view scheme = "sqlite:";
    if (store.url.empty()) return store.folder / name;
    if (!store.url.starts_with(scheme)) return {};
    const fs::path database = store.url.substr(scheme.size());
    if (database.filename() == "millrace.db") return database.parent_path() / name;
    return database.string() + "." + std::string{name};
}

core::Result<std::string> read_or_make_token(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) return read_token(file);
    const std::string token = new_token();
    const auto written = write_private(file, token + "\n", Lasting::for_ever);
    // Somebody else was faster: then it is theirs.
    if (!written && written.error().is(FileErrc::exists)) return read_token(file);
    if (!written) return std::unexpected(written.error());
    return token;
}

core::Result<ServerFile> ServerFile::write(fs::path file, const std::string& url,
                                           core::Time started_at) {
    if (file.empty()) return ServerFile{};
    const std::string text =
        core::to_json(core::Value::object({{"url", url},
                                           {"pid", static_cast<std::int64_t>(::getpid())},
                                           {"started_at", started_at.text()},
                                           {"version", MILLRACE_VERSION}})) +
        "\n";
    // Readers see the old one or the new one, never a part.
    const fs::path draft = file.string() + ".tmp";
    ::unlink(draft.c_str());
    if (auto written = write_private(draft, text, Lasting::while_it_runs); !written)
        return std::unexpected(written.error());
    std::error_code failed;
    fs::rename(draft, file, failed);
    if (failed) return file_error(file, failed.message());
    return ServerFile{std::move(file)};
}

ServerFile::ServerFile(ServerFile&& other) noexcept : file_{std::exchange(other.file_, {})} {}

ServerFile& ServerFile::operator=(ServerFile&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

void ServerFile::remove() noexcept {
    if (!file_.empty()) ::unlink(file_.c_str());
    file_.clear();
}

}  // namespace millrace::cli
