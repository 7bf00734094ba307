// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::differential {

/// A name in scope and the JavaScript that makes its value.
struct Scoped {
    std::string name;
    std::string javascript;
};

/// One Node.js process that evaluates batches of expressions. While it works on one, this process
/// does something else.
class NodePeer {
public:
    /// `script` is the path of evaluate.mjs. Started when it is first asked.
    NodePeer(const std::string& script, std::span<const Scoped> scope);
    ~NodePeer();
    NodePeer(const NodePeer&) = delete;
    NodePeer& operator=(const NodePeer&) = delete;

    /// False when Node.js could not be started or has gone.
    bool ask(std::span<const std::string> sources);
    /// The results of what was asked last, in its order: as evaluate.mjs shows them, an error with
    /// a `!` in front. Nothing when Node.js has gone.
    std::optional<std::vector<std::string>> answer();

private:
    bool write_line(const std::string& line);

    int to_ = -1;
    int from_ = -1;
    pid_t process_ = -1;
    std::string read_;  ///< behind the last whole line
};

}  // namespace millrace::differential
