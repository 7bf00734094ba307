// SPDX-License-Identifier: Apache-2.0
#include "secrets/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "millrace/runtime/vault.hpp"

namespace millrace::runtime {
namespace {

constexpr std::size_t file_bytes_max = 4'096;

/// A file that is closed at the end of a scope.
class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

std::unexpected<core::Error> io_error(std::string_view action, const std::filesystem::path& file) {
    return std::unexpected(private_file_error(action, file, errno));
}

core::Result<> write_all(int descriptor, std::string_view text, const std::filesystem::path& file) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return io_error("write", file);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) return io_error("write", file);
    return {};
}

core::Result<std::string> read_all(int descriptor, const std::filesystem::path& file) {
    std::string text(file_bytes_max, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t part = ::read(descriptor, text.data() + size, text.size() - size);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return io_error("read", file);
        if (part == 0) break;
        size += static_cast<std::size_t>(part);
    }
    text.resize(size);
    return text;
}

}  // namespace

core::Error private_file_error(std::string_view action, const std::filesystem::path& file,
                               int number) {
    return {VaultErrc::io, "cannot " + std::string{action} + " the key file " + file.string() +
                               ": " + std::strerror(number)};
}

core::Result<> sync_folder_of(const std::filesystem::path& file) {
    const std::filesystem::path folder =
        file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened.is_open() || ::fsync(opened.number()) != 0) return io_error("name", file);
    return {};
}

core::Result<std::optional<std::string>> read_private_file(const std::filesystem::path& file) {
    const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened.is_open()) {
        if (errno == ENOENT) return std::nullopt;
        return io_error("read", file);
    }
    struct stat facts {};
    if (::fstat(opened.number(), &facts) != 0) return io_error("read", file);
    if ((facts.st_mode & 077) != 0) {
        return core::fail(VaultErrc::bad_key,
                          "others than its owner may use the key file " + file.string() +
                              "; correct that with: chmod 600 " + file.string());
    }
    auto text = read_all(opened.number(), file);
    if (!text) return std::unexpected(text.error());
    return std::optional{*std::move(text)};
}

core::Result<> write_private_file(const std::filesystem::path& file, std::string_view text) {
    // One that a crash left behind was never used.
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    const Descriptor made{
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!made.is_open()) return io_error("create", file);
    if (auto written = write_all(made.number(), text, file); !written) return written;
    return sync_folder_of(file);
}

}  // namespace millrace::runtime
