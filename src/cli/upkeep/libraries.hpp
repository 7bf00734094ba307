// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

struct LibraryVersion {
    std::string name;
    std::string version;  ///< of what is loaded, where the library can tell, else of its headers
};
/// What this program is built upon, by name.
std::vector<LibraryVersion> library_versions();

/// Where libcurl looks for certificates; empty when it was built without.
std::string certificate_file();

}  // namespace millrace::cli
