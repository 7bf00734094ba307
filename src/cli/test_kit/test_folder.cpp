// SPDX-License-Identifier: Apache-2.0
#include "test_kit/test_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "documents/document_file.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

namespace fs = std::filesystem;

core::Result<TestFolder> TestFolder::make(const std::vector<format::TestFile>& files,
                                          const fs::path& base) {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    std::string name = (parent / "millrace-test-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
        const std::string why = error ? error.message() : std::strerror(errno);
        return core::fail(FileErrc::unreadable, "cannot make a folder for the test: " + why);
    }
    TestFolder folder{name};
    if (const auto filled = folder.fill(files, base); !filled)
        return std::unexpected(filled.error());
    return folder;
}

TestFolder::TestFolder(TestFolder&& other) noexcept : path_{std::exchange(other.path_, {})} {}

TestFolder::~TestFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

core::Result<> TestFolder::fill(const std::vector<format::TestFile>& files,
                                const fs::path& base) const {
    for (const format::TestFile& file : files) {
        const fs::path to = path_ / file.name;
        std::error_code error;
        fs::create_directories(to.parent_path(), error);
        if (file.copy_of.empty()) {
            std::ofstream{to, std::ios::binary} << file.text;
        } else {
            fs::copy(base / file.copy_of, to, fs::copy_options::recursive, error);
        }
        if (!error && fs::exists(to, error)) continue;
        const std::string why = error ? ": " + error.message() : "";
        return core::fail(
            FileErrc::unreadable,
            "cannot make the test's file " + one_line(file.name) +
                (file.copy_of.empty() ? "" : " of " + one_line((base / file.copy_of).string())) +
                why);
    }
    return {};
}

}  // namespace millrace::cli
