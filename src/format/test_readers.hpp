// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "millrace/format/test_document.hpp"
#include "reading.hpp"

namespace millrace::format {

// Readers of the parts of a test document, one source file each.

inline constexpr std::array test_document_keys{
    Key{"millrace_test"},
    Key{"workflow"},
    Key{"defaults"},
    Key{"tests"},
};

/// What a test and the defaults say alike.
inline constexpr std::array test_setup_keys{
    Key{"input"},         Key{"variables"}, Key{"trigger"},   Key{"mocks"},
    Key{"recorded"},      Key{"start_at"},  Key{"seed"},      Key{"allow"},
    Key{"mock_external"}, Key{"files"},     Key{"max_time"},  Key{"effect_timeout"},
    Key{"cancel_after"},  Key{"steps"},     Key{"workflows"}, Key{"trigger_data"},
};

/// Of one of `steps`: who waits, when, and what comes.
inline constexpr std::array step_keys{
    Key{"approve"}, Key{"reject"}, Key{"answer"},  Key{"signal"}, Key{"event"},
    Key{"at"},      Key{"after"},  Key{"data"},    Key{"by"},     Key{"reason"},
    Key{"method"},  Key{"query"},  Key{"headers"}, Key{"source"}, Key{"id"},
};

inline constexpr std::array test_permission_keys{Key{"http"}, Key{"files"}, Key{"commands"}};
inline constexpr std::array test_file_keys{Key{"copy"}};

inline constexpr std::array mock_keys{
    Key{"out"},     Key{"outputs"}, Key{"respond"}, Key{"error"},
    Key{"compute"}, Key{"when"},    Key{"times"},   Key{"takes"},
};
inline constexpr std::array mock_error_keys{
    Key{"code"},        Key{"class"},   Key{"message"},
    Key{"recoverable"}, Key{"details"}, Key{"retry_after"},
};
inline constexpr std::array mock_response_keys{Key{"status"}, Key{"headers"}, Key{"body"}};

inline constexpr std::array expectation_keys{
    Key{"status"}, Key{"outputs"},  Key{"contains"}, Key{"error"},        Key{"nodes"},
    Key{"order"},  Key{"calls"},    Key{"duration"}, Key{"dead_letters"}, Key{"files"},
    Key{"assert"}, Key{"snapshot"}, Key{"waits"},    Key{"mails"},
};
inline constexpr std::array error_expectation_keys{Key{"code"}, Key{"class"}, Key{"node_id"},
                                                   Key{"message"}};
inline constexpr std::array node_expectation_keys{Key{"status"}, Key{"outputs"},  Key{"contains"},
                                                  Key{"input"},  Key{"attempts"}, Key{"error"}};
inline constexpr std::array duration_expectation_keys{Key{"min"}, Key{"max"}};
inline constexpr std::array file_expectation_keys{Key{"text"}, Key{"contains"}, Key{"json"},
                                                  Key{"lines"}, Key{"absent"}};
inline constexpr std::array dead_letter_keys{Key{"path"}, Key{"code"}};
inline constexpr std::array wait_expectation_keys{Key{"state"}, Key{"took"}, Key{"details"},
                                                  Key{"answer"}};
inline constexpr std::array mail_expectation_keys{Key{"from"}, Key{"to"},   Key{"subject"},
                                                  Key{"text"}, Key{"html"}, Key{"links"}};

inline constexpr IntegerRange test_count_range{0, 1'000'000};
inline constexpr IntegerRange test_times_range{1, 1'000'000};
inline constexpr IntegerRange http_status_range{100, 599};

/// The parts that are there take the place of those in `setup`; variables, files and mocks take
/// that of their like.
void read_setup(Reading& reading, const core::Value& value, const Path& path, TestSetup& setup);
std::vector<Mock> read_mocks(Reading& reading, const core::Value& value, const Path& path);
std::vector<TestStep> read_steps(Reading& reading, const core::Value& value, const Path& path);
Expectations read_expectations(Reading& reading, const core::Value& value, const Path& path);
/// The parts of `expect` about waits and mails.
void read_wait_expectations(Reading& reading, const core::Value& value, const Path& path,
                            Expectations& expect);
DurationExpectation read_duration_expectation(Reading& reading, const core::Value& value,
                                              const Path& path);

bool read_flag(Reading& reading, const core::Value& value, const Path& path);
std::vector<std::string> read_texts(Reading& reading, const core::Value& value, const Path& path);
/// Of a file in the folder of a test.
void check_file_name(Reading& reading, std::string_view name, const Path& path);

}  // namespace millrace::format
