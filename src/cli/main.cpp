// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "program.hpp"

int main(int count, char** words) {
    std::ios::sync_with_stdio(false);
    // Whoever started this may ignore it, which is inherited and would hide how programs end.
    std::signal(SIGCHLD, SIG_DFL);
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
