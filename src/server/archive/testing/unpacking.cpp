// SPDX-License-Identifier: Apache-2.0
#include "archive/testing/unpacking.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <zlib.h>

namespace millrace::server::testing {

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string read(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

void write(const std::filesystem::path& file, std::string_view bytes) {
    std::ofstream{file, std::ios::binary} << bytes;
}

std::string unpacked(const std::filesystem::path& file) {
    std::string text;
    const gzFile opened = gzopen(file.c_str(), "rb");
    EXPECT_NE(opened, nullptr) << file;
    if (opened == nullptr) return text;
    std::array<char, 4'096> part;
    int got = 0;
    while ((got = gzread(opened, part.data(), static_cast<unsigned>(part.size()))) > 0)
        text.append(part.data(), static_cast<std::size_t>(got));
    EXPECT_EQ(got, 0) << file;
    EXPECT_EQ(gzclose(opened), Z_OK) << file;
    return text;
}

}  // namespace millrace::server::testing
