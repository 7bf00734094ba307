// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace millrace::format {

/// A key that the format knows at some place. What this build does not execute is refused there,
/// never ignored.
struct Key {
    std::string_view name;
    bool executed = true;
};

inline constexpr std::array document_keys{
    Key{"millrace"},    Key{"id"},      Key{"name"},      Key{"description"}, Key{"folder"},
    Key{"tags"},        Key{"inputs"},  Key{"variables"}, Key{"settings"},    Key{"nodes"},
    Key{"connections"}, Key{"outputs"}, Key{"editor"},
};

inline constexpr std::array settings_keys{
    Key{"on_error"},   Key{"max_parallel_nodes"},        Key{"timeout"},
    Key{"durability"}, Key{"max_concurrent_executions"}, Key{"priority"},
    Key{"retention"},
};

inline constexpr std::array retention_keys{Key{"max_age"}, Key{"max_count"}};

inline constexpr std::array workflow_on_error_keys{Key{"retry_workflow"}};

inline constexpr std::array workflow_retry_keys{
    Key{"max_attempts"},
    Key{"delay"},
    Key{"backoff"},
    Key{"max_delay"},
};

inline constexpr std::array concurrency_keys{Key{"limit"}, Key{"when_exceeded"}};

inline constexpr std::array node_keys{
    Key{"id"},         Key{"type"},        Key{"name"},
    Key{"notes"},      Key{"position"},    Key{"data"},
    Key{"parent"},     Key{"retry"},       Key{"timeout"},
    Key{"deadline"},   Key{"on_error"},    Key{"on_interrupt"},
    Key{"compensate"}, Key{"cache"},       Key{"circuit_breaker"},
    Key{"credential"}, Key{"each", false},
};

inline constexpr std::array position_keys{Key{"x"}, Key{"y"}, Key{"z"}};

inline constexpr std::array retry_keys{
    Key{"max_attempts"}, Key{"delay"},  Key{"backoff"},
    Key{"max_delay"},    Key{"jitter"}, Key{"retry_on"},
};

inline constexpr std::array node_on_error_keys{Key{"default"}, Key{"fallback"}};

inline constexpr std::array cache_keys{Key{"ttl"}, Key{"key"}, Key{"tags"}};

inline constexpr std::array circuit_breaker_keys{
    Key{"failures"}, Key{"window"}, Key{"reset"}, Key{"probes"}, Key{"name"},
};

inline constexpr std::array connection_keys{
    Key{"from"},          Key{"to"},       Key{"filter"}, Key{"transform"},
    Key{"on_error"},      Key{"priority"}, Key{"tag"},    Key{"rate_limit", false},
    Key{"buffer", false},
};

inline constexpr std::array connection_on_error_keys{Key{"default"}};

inline constexpr std::array editor_keys{
    Key{"notes"},
    Key{"groups"},
    Key{"viewport"},
    Key{"pins"},
};

}  // namespace millrace::format
