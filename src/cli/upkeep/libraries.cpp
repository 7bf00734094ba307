// SPDX-License-Identifier: Apache-2.0
#include "upkeep/libraries.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <spdlog/version.h>
#include <sqlite3.h>

#include <CLI/Version.hpp>

namespace millrace::cli {

std::vector<LibraryVersion> library_versions() {
    const curl_version_info_data* const curl = ::curl_version_info(CURLVERSION_NOW);
    return {
        {"CLI11", CLI11_VERSION},
        {"fmt",
         fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
        {"libcurl", curl->version},
        {"libsodium", ::sodium_version_string()},
        {"OpenSSL", ::OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
        {"SQLite", ::sqlite3_libversion()}};
}

std::string certificate_file() {
    const curl_version_info_data* const curl = ::curl_version_info(CURLVERSION_NOW);
    // Known since libcurl 7.70; before, whoever runs it has to know.
    if (curl->age < CURLVERSION_SEVENTH || curl->cainfo == nullptr) return {};
    return curl->cainfo;
}

}  // namespace millrace::cli
