// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/format/test_document.hpp"

namespace millrace::cli {

/// A folder for one test, with its files. It ends with this object, whatever is in it.
class TestFolder {
public:
    /// `base`: the folder of the tests, which files to copy are relative to.
    static core::Result<TestFolder> make(const std::vector<format::TestFile>& files,
                                         const std::filesystem::path& base);
    TestFolder(TestFolder&& other) noexcept;
    TestFolder& operator=(TestFolder&&) = delete;
    ~TestFolder();

    const std::filesystem::path& path() const { return path_; }

private:
    explicit TestFolder(std::filesystem::path path) : path_{std::move(path)} {}
    core::Result<> fill(const std::vector<format::TestFile>& files,
                        const std::filesystem::path& base) const;

    std::filesystem::path path_;  // empty once moved from
};

}  // namespace millrace::cli
