// SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include <termios.h>
#include <unistd.h>

#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include "data_folder.hpp"
#include "documents/document_file.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view database_name = "millrace.db";
constexpr std::string_view key_name = "key";
constexpr std::string_view link_key_name = "link-key";
constexpr std::string_view sqlite_scheme = "sqlite:";
constexpr std::size_t secret_bytes_max = 64u << 10;

/// Keeps what is typed off the screen, for as long as it lives.
class Unseen {
public:
    Unseen() {
        is_set_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_set_) return;
        termios unseen = before_;
        unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    }
    ~Unseen() {
        if (is_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

private:
    termios before_{};
    bool is_set_ = false;
};

std::string ask(const Console& console, std::string_view what) {
    console.err << what << " (not shown): " << std::flush;
    std::string line;
    {
        const Unseen unseen;
        std::getline(console.in, line);
    }
    console.err << "\n";
    return line;
}

/// A file of this name that belongs to the store.
std::filesystem::path beside(const store::OpenOptions& options, std::string_view name) {
    if (options.url.empty()) return options.folder / name;
    if (!options.url.starts_with(sqlite_scheme)) return {};
    // Every spelling of the database's path has the same key.
    const std::filesystem::path named = options.url.substr(sqlite_scheme.size());
    std::error_code failed;
    std::filesystem::path database = std::filesystem::weakly_canonical(named, failed);
    if (failed) database = named;
    if (database.filename() == database_name) return database.parent_path() / name;
    return database.string() + "." + std::string{name};
}

}  // namespace

std::filesystem::path key_file_of(const store::OpenOptions& options) {
    return beside(options, key_name);
}

std::filesystem::path link_key_file_of(const store::OpenOptions& options) {
    return beside(options, link_key_name);
}

std::filesystem::path chosen_key_file(const Context& context) {
    const auto named = context.console.environment("MILLRACE_KEY_FILE");
    if (named && !named->empty()) return *named;
    return key_file_of(chosen_store(context, store::OpenMode::own));
}

core::Result<OwnedVault> open_vault(const Context& context) {
    auto store = open_chosen(context, store::OpenMode::own);
    if (!store) return std::unexpected(store.error());
    auto vault = runtime::Vault::open(chosen_key_file(context), (*store)->secrets());
    if (!vault) return std::unexpected(vault.error());
    return OwnedVault{std::move(*store), std::move(*vault)};
}

core::Result<std::string> read_secret(const Console& console, std::string_view what) {
    core::Result<std::string> value =
        console.in_is_terminal ? ask(console, what) : read_text(console, "-", secret_bytes_max);
    if (!value) return value;
    if (value->ends_with('\n')) value->pop_back();
    if (value->ends_with('\r')) value->pop_back();
    if (value->empty()) {
        return core::fail(FileErrc::bad_argument,
                          "there is no " + std::string{what} + " on standard input");
    }
    return value;
}

}  // namespace millrace::cli
