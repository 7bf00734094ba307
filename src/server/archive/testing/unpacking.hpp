// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::server::testing {

/// A folder of its own that ends with this object.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string read(const std::filesystem::path& file);
void write(const std::filesystem::path& file, std::string_view bytes);
/// All members of a compressed file, by zlib; a failed test when it cannot be read to its end.
std::string unpacked(const std::filesystem::path& file);

}  // namespace millrace::server::testing
