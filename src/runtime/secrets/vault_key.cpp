// SPDX-License-Identifier: Apache-2.0
#include "secrets/vault_key.hpp"

#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/format/digest.hpp"
#include "secrets/private_file.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view header = "millrace-key-1 ";
constexpr std::size_t id_digits = 16;

std::unexpected<core::Error> io_error(std::string_view action, const std::filesystem::path& file,
                                      const std::error_code& failed) {
    return std::unexpected(private_file_error(action, file, failed.value()));
}

std::unexpected<core::Error> damaged(const std::filesystem::path& file) {
    return core::fail(VaultErrc::bad_key,
                      "the key file " + file.string() +
                          " is damaged; restore it from a backup, or delete all secrets and "
                          "credentials with it and set them again");
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
    auto found = read_private_file(file);
    if (!found) return std::unexpected(found.error());
    if (!*found) return nullptr;
    std::string& text = **found;
    std::string_view rest{text};
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
    sodium_memzero(text.data(), text.size());
    if (!fits) return damaged(file);
    return key;
}

core::Result<> Vault::Key::write(const std::filesystem::path& file) const {
    std::string text = std::string{header} + id_ + " " +
                       core::base64({reinterpret_cast<const char*>(data()), bytes_.size()}) + "\n";
    const auto written = write_private_file(file, text);
    sodium_memzero(text.data(), text.size());
    return written;
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
        if (failed) return io_error("give its new name to", from, failed);
    }
    return is_there ? sync_folder_of(file) : core::Result<>{};
}

core::Result<> adopt_next_key(const std::filesystem::path& file) {
    std::error_code failed;
    std::filesystem::rename(next_key_file(file), file, failed);
    if (failed) return io_error("replace", file, failed);
    return sync_folder_of(file);
}

void drop_next_key(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(next_key_file(file), ignored);
}

}  // namespace millrace::runtime
