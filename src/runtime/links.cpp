// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/links.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/digest.hpp"
#include "millrace/runtime/vault.hpp"
#include "secrets/private_file.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view header = "millrace-link-key-1 ";
constexpr std::size_t key_bytes = crypto_generichash_KEYBYTES;
constexpr std::size_t number_bytes = 4;
constexpr std::size_t target_bytes = 16 + 3 * number_bytes;
constexpr std::size_t seal_bytes = 20;
constexpr std::size_t token_bytes = target_bytes + seal_bytes;
// A multiple of three bytes, so that the text ends without padding.
static_assert(token_bytes % 3 == 0);
constexpr std::size_t token_length = token_bytes / 3 * 4;

using KeyBytes = std::array<unsigned char, key_bytes>;
using Seal = std::array<unsigned char, seal_bytes>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void append_number(std::string& bytes, std::uint32_t number) {
    for (std::size_t i = number_bytes; i-- > 0;)
        bytes.push_back(static_cast<char>(number >> (8 * i) & 0xffu));
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (const char byte : bytes.substr(at, number_bytes))
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string target_text(core::ExecutionId id, const engine::RunKey& run) {
    std::string bytes{reinterpret_cast<const char*>(id.uuid.bytes.data()), id.uuid.bytes.size()};
    append_number(bytes, run.scope);
    append_number(bytes, run.node.value);
    append_number(bytes, run.generation);
    return bytes;
}

/// Base64 whose letters may stand in a URL as they are.
std::string for_url(std::string text) {
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

std::optional<std::string> token_content(std::string_view token) {
    if (token.size() != token_length || token.find_first_of("+/=") != token.npos) return {};
    std::string text{token};
    for (char& c : text) {
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    auto bytes = core::parse_base64(text);
    if (!bytes || bytes->size() != token_bytes) return {};
    return *std::move(bytes);
}

std::unexpected<core::Error> damaged(const std::filesystem::path& file) {
    return core::fail(VaultErrc::bad_key,
                      "the key file " + file.string() +
                          " is damaged; restore it from a backup, or delete it: "
                          "links that were sent and not used yet end with it");
}

}  // namespace

std::string_view code_text(LinkErrc code) {
    switch (code) {
        case LinkErrc::no_address: return "no_address";
    }
    return "no_address";
}

/// The key of links and its file: `millrace-link-key-1` and the key in base64.
class Links::Key {
public:
    Key() = default;
    ~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    static std::unique_ptr<const Key> generate() {
        auto key = std::make_unique<Key>();
        randombytes_buf(key->bytes_.data(), key->bytes_.size());
        return key;
    }

    /// Null when there is no such file.
    static core::Result<std::unique_ptr<const Key>> read(const std::filesystem::path& file) {
        auto found = read_private_file(file);
        if (!found) return std::unexpected(found.error());
        if (!*found) return nullptr;
        std::string_view text{**found};
        if (!text.starts_with(header) || !text.ends_with('\n')) return damaged(file);
        text.remove_prefix(header.size());
        text.remove_suffix(1);
        auto bytes = core::parse_base64(text);
        if (!bytes || bytes->size() != key_bytes) return damaged(file);
        auto key = std::make_unique<Key>();
        std::memcpy(key->bytes_.data(), bytes->data(), bytes->size());
        sodium_memzero(bytes->data(), bytes->size());
        sodium_memzero((*found)->data(), (*found)->size());
        return key;
    }

    /// Whole under its name or not there at all.
    core::Result<> write(const std::filesystem::path& file) const {
        const std::filesystem::path half = file.string() + ".new";
        std::string text =
            std::string{header} +
            core::base64({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}) + "\n";
        const auto written = write_private_file(half, text);
        sodium_memzero(text.data(), text.size());
        if (!written) return written;
        std::error_code failed;
        std::filesystem::rename(half, file, failed);
        if (failed) return std::unexpected(private_file_error("name", file, failed.value()));
        return sync_folder_of(file);
    }

    Seal seal(std::string_view target) const {
        Seal made{};
        crypto_generichash(made.data(), made.size(), bytes_of(target), target.size(), bytes_.data(),
                           bytes_.size());
        return made;
    }

private:
    KeyBytes bytes_{};
};

Links::Links(LinkOptions options) : key_file_{std::move(options.key_file)} {
    use_address(options.public_url);
}
Links::~Links() = default;

core::Result<std::unique_ptr<Links>> Links::open(LinkOptions options) {
    MR_CHECK(sodium_init() >= 0);
    std::unique_ptr<Links> links{new Links{std::move(options)}};
    if (links->key_file_.empty()) {
        links->key_ = Key::generate();
        return links;
    }
    auto key = Key::read(links->key_file_);
    if (!key) return std::unexpected(key.error());
    links->key_ = std::move(*key);
    return links;
}

core::Result<const Links::Key*> Links::key() {
    const std::scoped_lock lock{mutex_};
    if (key_) return key_.get();
    std::unique_ptr<const Key> made = Key::generate();
    if (auto written = made->write(key_file_); !written) return std::unexpected(written.error());
    key_ = std::move(made);
    return key_.get();
}

core::Result<std::string> Links::token(core::ExecutionId id, const engine::RunKey& run) {
    // Once it is there the key stays, so that it may be used without the lock.
    const auto used = key();
    if (!used) return std::unexpected(used.error());
    std::string bytes = target_text(id, run);
    const Seal seal = (*used)->seal(bytes);
    bytes.append(reinterpret_cast<const char*>(seal.data()), seal.size());
    return for_url(core::base64(bytes));
}

std::string Links::hash(std::string_view token) {
    return format::blake2b_256_hex(token);
}

core::Result<std::string> Links::token_hash(core::ExecutionId id, const engine::RunKey& run) {
    const auto made = token(id, run);
    if (!made) return std::unexpected(made.error());
    return hash(*made);
}

std::optional<LinkTarget> Links::read(std::string_view token) {
    const auto bytes = token_content(token);
    if (!bytes) return {};
    const Key* used = nullptr;
    {
        // Nobody has been sent a link before there was a key.
        const std::scoped_lock lock{mutex_};
        used = key_.get();
    }
    if (used == nullptr) return {};
    const std::string_view target = std::string_view{*bytes}.substr(0, target_bytes);
    const Seal seal = used->seal(target);
    if (sodium_memcmp(seal.data(), bytes->data() + target_bytes, seal_bytes) != 0) return {};
    LinkTarget read;
    std::memcpy(read.id.uuid.bytes.data(), target.data(), read.id.uuid.bytes.size());
    read.run.scope = number_at(target, 16);
    read.run.node.value = number_at(target, 16 + number_bytes);
    read.run.generation = number_at(target, 16 + 2 * number_bytes);
    return read;
}

core::Result<std::string> Links::url(std::string_view token) const {
    return page("wait/" + std::string{token});
}

core::Result<std::string> Links::page(std::string_view path) const {
    const std::scoped_lock lock{mutex_};
    if (public_url_.empty()) {
        return core::fail(LinkErrc::no_address,
                          "a link needs the address of a server: run the workflow with `millrace "
                          "serve`, or set MILLRACE_PUBLIC_URL to where people reach it");
    }
    return public_url_ + "/" + std::string{path};
}

core::Result<std::string> Links::link(core::ExecutionId id, const engine::RunKey& run) {
    const auto made = token(id, run);
    if (!made) return std::unexpected(made.error());
    return url(*made);
}

void Links::use_address(std::string_view url) {
    while (url.ends_with('/'))
        url.remove_suffix(1);
    const std::scoped_lock lock{mutex_};
    public_url_ = url;
}

}  // namespace millrace::runtime
