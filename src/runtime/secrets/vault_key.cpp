// SPDX-License-Identifier: Apache-2.0
#include "secrets/vault_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/format/digest.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view header = "millrace-key-1 ";
constexpr std::size_t id_digits = 16;
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

std::unexpected<core::Error> io_error(std::string_view action, const std::filesystem::path& file,
                                      int number) {
    return core::fail(VaultErrc::io, "cannot " + std::string{action} + " the key file " +
                                         file.string() + ": " + std::strerror(number));
}

std::unexpected<core::Error> damaged(const std::filesystem::path& file) {
    return core::fail(VaultErrc::bad_key,
                      "the key file " + file.string() +
                          " is damaged; restore it from a backup, or delete all secrets and "
                          "credentials with it and set them again");
}

core::Result<> sync_folder(const std::filesystem::path& file) {
    const std::filesystem::path folder =
        file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened.is_open() || ::fsync(opened.number()) != 0) return io_error("name", file, errno);
    return {};
}

core::Result<> write_all(int descriptor, std::string_view text, const std::filesystem::path& file) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return io_error("write", file, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) return io_error("write", file, errno);
    return {};
}

core::Result<std::string> read_all(int descriptor, const std::filesystem::path& file) {
    std::string text(file_bytes_max, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t part = ::read(descriptor, text.data() + size, text.size() - size);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return io_error("read", file, errno);
        if (part == 0) break;
        size += static_cast<std::size_t>(part);
    }
    text.resize(size);
    return text;
}

}  // namespace

std::filesystem::path next_key_file(const std::filesystem::path& file) {
    return file.string() + ".next";
}

std::unique_ptr<Vault::Key> Vault::Key::generate() {
    std::unique_ptr<Key> key{new Key};
    randombytes_buf(key->bytes_.data(), key->bytes_.size());
    key->name();
    return key;
}

void Vault::Key::name() {
    const std::string_view bytes{reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    id_ = format::blake2b_256_hex(bytes).substr(0, id_digits);
}

core::Result<std::unique_ptr<Vault::Key>> Vault::Key::read(const std::filesystem::path& file) {
    const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!opened.is_open()) {
        if (errno == ENOENT) return nullptr;
        return io_error("read", file, errno);
    }
    struct stat facts {};
    if (::fstat(opened.number(), &facts) != 0) return io_error("read", file, errno);
    if ((facts.st_mode & 077) != 0) {
        return core::fail(VaultErrc::bad_key,
                          "others than its owner may use the key file " + file.string() +
                              "; correct that with: chmod 600 " + file.string());
    }
    auto text = read_all(opened.number(), file);
    if (!text) return std::unexpected(text.error());
    std::string_view rest{*text};
    const std::size_t id_end = header.size() + id_digits;
    if (!rest.starts_with(header) || rest.size() < id_end + 2 || rest[id_end] != ' ' ||
        !rest.ends_with('\n'))
        return damaged(file);
    const std::string_view id = rest.substr(header.size(), id_digits);
    auto bytes = core::parse_base64(rest.substr(id_end + 1, rest.size() - id_end - 2));
    std::unique_ptr<Key> key{new Key};
    if (!bytes || bytes->size() != key->bytes_.size()) return damaged(file);
    std::memcpy(key->bytes_.data(), bytes->data(), bytes->size());
    key->name();
    sodium_memzero(bytes->data(), bytes->size());
    const bool fits = key->id_ == id;
    sodium_memzero(text->data(), text->size());
    if (!fits) return damaged(file);
    return key;
}

core::Result<> Vault::Key::write(const std::filesystem::path& file) const {
    // One that a crash left behind was never used.
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    const Descriptor made{
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!made.is_open()) return io_error("create", file, errno);
    std::string text = std::string{header} + id_ + " " +
                       core::base64({reinterpret_cast<const char*>(data()), bytes_.size()}) + "\n";
    const auto written = write_all(made.number(), text, file);
    sodium_memzero(text.data(), text.size());
    if (!written) return written;
    return sync_folder(file);
}

core::Result<> take_over_former_key(const std::filesystem::path& file) {
    constexpr std::string_view ending = "key";
    const std::string name = file.filename().string();
    if (name != ending && !name.ends_with(".key")) return {};
    const std::filesystem::path former =
        file.parent_path() / (name.substr(0, name.size() - ending.size()) + "secret.key");
    std::error_code failed;
    if (std::filesystem::exists(file, failed) || failed) return {};
    bool is_there = false;
    // That of a rotation that was cut off goes first: the key itself says whether this is done.
    for (const auto& [from, to] :
         {std::pair{next_key_file(former), next_key_file(file)}, std::pair{former, file}}) {
        if (!std::filesystem::exists(from, failed)) continue;
        is_there = true;
        std::filesystem::rename(from, to, failed);
        if (failed) return io_error("give its new name to", from, failed.value());
    }
    return is_there ? sync_folder(file) : core::Result<>{};
}

core::Result<> adopt_next_key(const std::filesystem::path& file) {
    std::error_code failed;
    std::filesystem::rename(next_key_file(file), file, failed);
    if (failed) return io_error("replace", file, failed.value());
    return sync_folder(file);
}

void drop_next_key(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(next_key_file(file), ignored);
}

}  // namespace millrace::runtime
