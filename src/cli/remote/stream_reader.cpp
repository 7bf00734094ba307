// SPDX-License-Identifier: Apache-2.0
#include "remote/stream_reader.hpp"

namespace millrace::cli {

void StreamReader::feed(std::string_view bytes, const std::function<void(const Message&)>& take) {
    rest_.append(bytes);
    std::size_t begin = 0;
    for (std::size_t end = rest_.find('\n', begin); end != std::string::npos;
         end = rest_.find('\n', begin)) {
        std::string_view line = std::string_view{rest_}.substr(begin, end - begin);
        if (line.ends_with('\r')) line.remove_suffix(1);
        take_line(line, take);
        begin = end + 1;
    }
    rest_.erase(0, begin);
}

void StreamReader::restart() {
    rest_.clear();
    message_.event.clear();
    message_.data.clear();
    has_data_ = false;
}

void StreamReader::take_line(std::string_view line,
                             const std::function<void(const Message&)>& take) {
    if (line.empty()) {
        if (has_data_) take(message_);
        message_.event.clear();
        message_.data.clear();
        has_data_ = false;
        return;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") {
        message_.id = value;
    } else if (name == "event") {
        message_.event = value;
    } else if (name == "data") {
        if (has_data_) message_.data += '\n';
        message_.data += value;
        has_data_ = true;
    }
}

}  // namespace millrace::cli
