// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "program.hpp"

int main(int count, char** words) {
    std::ios::sync_with_stdio(false);
    try {
        const millrace::cli::Console console = millrace::cli::process_console();
        const std::vector<std::string> arguments(words + 1, words + count);
        return static_cast<int>(millrace::cli::run_program(console, arguments));
    } catch (const std::exception& error) {
        // Nothing throws in normal use; out of memory does.
        std::cerr << "error: " << error.what() << "\n";
        return static_cast<int>(millrace::cli::Exit::failed);
    }
}
