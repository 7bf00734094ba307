// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "millrace/core/json.hpp"
#include "program.hpp"
#include "testing/fake_console.hpp"

namespace millrace::cli::testing {

/// Runs command lines in a folder of the test's own.
class ProgramTest : public ::testing::Test {
protected:
    ProgramTest() {
        const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  ("millrace-cli-" + std::to_string(::getpid()) + "-" + test.name());
        std::filesystem::create_directories(folder_);
        fake_.environment["MILLRACE_DATA"] = (folder_ / "data").string();
    }
    ~ProgramTest() override { std::filesystem::remove_all(folder_); }

    Exit run(const std::vector<std::string>& arguments) {
        fake_.out.str("");
        fake_.err.str("");
        return run_program(fake_.console, arguments);
    }
    std::string out() const { return fake_.out.str(); }
    std::string err() const { return fake_.err.str(); }
    /// The lines of `out`.
    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        std::istringstream in{out()};
        for (std::string line; std::getline(in, line);)
            lines.push_back(std::move(line));
        return lines;
    }

    /// A path in the folder, and with a text a file there.
    std::string file(const std::string& name, const std::string& text = {}) {
        const std::string path = (folder_ / name).string();
        if (!text.empty()) std::ofstream{path} << text;
        return path;
    }
    static std::string content(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream{path}.rdbuf();
        return text.str();
    }
    core::Value json() const {
        const auto value = core::parse_json(out());
        return value ? *value : core::Value{};
    }

    FakeConsole fake_;
    std::filesystem::path folder_;
};

}  // namespace millrace::cli::testing
