// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace millrace::server {

struct EventLimits {
    /// What those who follow one execution may lag behind before they are told so and read the
    /// store instead. For all of them together: they share what is kept. Workflows get eight times
    /// as much.
    std::size_t stream_buffer_bytes = 256u << 10;
    std::size_t inbox_bytes_max = 32u << 20;  ///< committed, but not decoded yet
    std::size_t views_max = 2'048;            ///< executions whose events are decoded as they come
};

/// How the events of a stream look to who follows it.
struct EventForm {
    bool is_cloud = false;  ///< in the envelope of CloudEvents
    std::string origin;     ///< begins the source of those: the server's public URL, or nothing
};

}  // namespace millrace::server
