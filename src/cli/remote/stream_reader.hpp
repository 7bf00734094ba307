// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace millrace::cli {

/// Takes an event stream (`text/event-stream`) apart, however its bytes are cut. A machine without
/// I/O.
class StreamReader {
public:
    struct Message {
        std::string id;     ///< of the last message that had one, as the standard says
        std::string event;  ///< empty: `message`
        std::string data;
    };

    /// Calls `take` for each message that is complete.
    void feed(std::string_view bytes, const std::function<void(const Message&)>& take);
    /// A new connection begins: what was incomplete is gone.
    void restart();

private:
    void take_line(std::string_view line, const std::function<void(const Message&)>& take);

    std::string rest_;
    Message message_;
    bool has_data_ = false;
};

}  // namespace millrace::cli
