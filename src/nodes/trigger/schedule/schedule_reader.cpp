// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "field.hpp"
#include "millrace/nodes/schedule.hpp"
#include "trigger/schedule/schedule_rules.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

constexpr core::Duration interval_min{1'000};
constexpr core::Duration jitter_max{24 * 3'600'000};
constexpr std::size_t times_max = 1'000;
constexpr std::string_view time_rule =
    "is not a time such as 2030-01-31T08:00:00+01:00, with its offset or Z";
/// Before all that can be due: 1970 is where intervals begin, and nothing is older than the year 1.
constexpr core::Time long_ago{-62'135'596'800'000};

std::string joined(std::string_view text) {
    std::string made;
    for (const char byte : text) {
        const bool is_space = byte == ' ' || byte == '\t';
        if (!is_space)
            made += byte;
        else if (!made.empty() && made.back() != ' ')
            made += ' ';
    }
    if (made.ends_with(' ')) made.pop_back();
    return made;
}

}  // namespace

/// Reads one key after the other. Values of a wrong kind are for the schema of the data to report;
/// here they only keep the schedule from being made.
class ScheduleReader {
public:
    ScheduleReader(const Value& data, const expr::Host& host, const std::string& pointer,
                   core::Problems& problems)
        : data_{data}, host_{host}, pointer_{pointer}, problems_{problems} {}

    std::optional<Schedule> read() {
        if (!data_.is_object()) return std::nullopt;
        made_.start_ = time_of("start");
        made_.end_ = time_of("end");
        read_policies();
        read_rule();
        if (!is_bad_) check_bounds();
        if (is_bad_) return std::nullopt;
        if (made_.start_) made_.text_ += " from " + made_.start_->text();
        if (made_.end_) made_.text_ += " until " + made_.end_->text();
        if (const Value* const input = data_.find("input"))
            made_.input_ = *input;
        else
            made_.input_ = Value::object({});
        return std::move(made_);
    }

private:
    void complain(ProblemCode code, std::string_view key, std::string message) {
        is_bad_ = true;
        add_problem(problems_, code, key.empty() ? pointer_ : core::pointer_child(pointer_, key),
                    std::move(message));
    }

    std::optional<std::string_view> text_of(std::string_view key) {
        const Value* const value = data_.find(key);
        if (value == nullptr) return std::nullopt;
        if (value->is_string()) return value->as_string();
        is_bad_ = true;
        return std::nullopt;
    }

    std::optional<core::Time> time_of(std::string_view key) {
        const auto text = text_of(key);
        if (!text) return std::nullopt;
        const auto time = core::Time::parse(*text);
        if (!time)
            complain(ProblemCode::bad_value, key, std::string{key} + " " + std::string{time_rule});
        return time;
    }

    std::optional<core::Duration> duration_of(std::string_view key) {
        const auto text = text_of(key);
        if (!text) return std::nullopt;
        const auto duration = core::parse_duration(*text);
        if (duration) return *duration;
        complain(ProblemCode::bad_duration, key, duration.error().message());
        return std::nullopt;
    }

    void read_policies() {
        if (const auto missed = text_of("missed")) {
            if (*missed == "skip")
                made_.missed_ = MissedPolicy::skip;
            else if (*missed == "run_all")
                made_.missed_ = MissedPolicy::run_all;
            else if (*missed != "run_once")
                is_bad_ = true;
        }
        if (const auto overlap = text_of("overlap")) {
            if (*overlap == "skip")
                made_.overlap_ = OverlapPolicy::skip;
            else if (*overlap == "queue")
                made_.overlap_ = OverlapPolicy::queue;
            else if (*overlap != "allow")
                is_bad_ = true;
        }
        const auto jitter = duration_of("jitter");
        if (!jitter) return;
        made_.jitter_ = *jitter;
        if (*jitter > jitter_max)
            complain(ProblemCode::bad_value, "jitter", "jitter must be at most 1d");
    }

    void read_rule() {
        int kinds = 0;
        for (const std::string_view kind : {"cron", "interval", "at"}) {
            if (data_.find(kind) == nullptr) continue;
            if (++kinds > 1) {
                return complain(ProblemCode::bad_value, kind,
                                "a schedule has only one of `cron`, `interval` and `at`");
            }
        }
        if (kinds == 0) {
            return complain(ProblemCode::missing_key, {},
                            "a schedule needs `cron`, such as cron: \"30 9 * * MON-FRI\", or "
                            "`interval`, such as interval: 5m, or `at`");
        }
        if (data_.find("timezone") != nullptr && data_.find("cron") == nullptr) {
            complain(ProblemCode::bad_value, "timezone",
                     "a time zone goes with `cron` only: intervals are real time, and the times of "
                     "`at` have their own offset");
        }
        if (data_.find("cron") != nullptr) return read_cron();
        if (data_.find("interval") != nullptr) return read_interval();
        read_times();
    }

    void read_cron() {
        const auto text = text_of("cron");
        if (const auto zone = text_of("timezone")) made_.timezone_ = *zone;
        if (!host_.has_zone(made_.timezone_)) {
            const std::string near = host_.nearest_zone(made_.timezone_);
            complain(ProblemCode::bad_value, "timezone",
                     "\"" + made_.timezone_ + "\" is no time zone such as Europe/Berlin" +
                         (near.empty() ? "" : "; did you mean " + near + "?"));
        }
        if (!text) return;
        const auto cron = Cron::parse(*text);
        if (!cron) return complain(ProblemCode::bad_value, "cron", "cron: " + cron.error());
        made_.text_ = "cron " + joined(*text) + " in " + made_.timezone_;
        ZoneClock clock =
            made_.timezone_ == "UTC" ? ZoneClock{} : ZoneClock{host_, made_.timezone_};
        made_.rule_ = std::make_shared<CronRule>(*cron, std::move(clock));
    }

    void read_interval() {
        const auto interval = duration_of("interval");
        if (!interval) return;
        if (*interval < interval_min) {
            return complain(ProblemCode::bad_value, "interval", "interval must be at least 1s");
        }
        if (made_.jitter_ >= *interval) {
            complain(ProblemCode::bad_value, "jitter", "jitter must be less than the interval");
        }
        made_.text_ = "interval " + core::to_text(*interval);
        made_.rule_ =
            std::make_shared<IntervalRule>(*interval, made_.start_.value_or(core::Time{0}));
    }

    void read_times() {
        const Value& at = *data_.find("at");
        std::vector<core::Time> times;
        if (at.is_string()) {
            if (const auto time = time_of("at")) times.push_back(*time);
        } else if (at.is_array()) {
            read_list(at.as_array(), times);
        } else {
            is_bad_ = true;
        }
        if (is_bad_) return;
        std::ranges::sort(times);
        times.erase(std::ranges::unique(times).begin(), times.end());
        made_.text_ = "at";
        for (const core::Time time : times)
            made_.text_ += " " + time.text();
        made_.rule_ = std::make_shared<ListRule>(std::move(times));
    }

    void read_list(std::span<const Value> list, std::vector<core::Time>& times) {
        if (list.empty() || list.size() > times_max) {
            return complain(ProblemCode::bad_value, "at",
                            "at must have 1 to " + std::to_string(times_max) + " times");
        }
        const std::string place = core::pointer_child(pointer_, "at");
        for (std::size_t k = 0; k < list.size(); ++k) {
            std::optional<core::Time> time;
            if (list[k].is_string()) time = core::Time::parse(list[k].as_string());
            if (time) {
                times.push_back(*time);
                continue;
            }
            is_bad_ = true;
            add_problem(problems_, ProblemCode::bad_value, core::pointer_child(place, k),
                        "it " + std::string{time_rule});
        }
    }

    void check_bounds() {
        if (made_.start_ && made_.end_ && *made_.end_ < *made_.start_)
            return complain(ProblemCode::bad_value, "end", "end is before start");
        if (!made_.next_after(long_ago))
            complain(ProblemCode::bad_value, made_.end_ ? "end" : "",
                     "nothing is ever due by then");
    }

    const Value& data_;
    const expr::Host& host_;
    const std::string& pointer_;
    core::Problems& problems_;
    Schedule made_;
    bool is_bad_ = false;
};

std::optional<Schedule> Schedule::read(const Value& data, const expr::Host& host,
                                       const std::string& pointer, core::Problems& problems) {
    return ScheduleReader{data, host, pointer, problems}.read();
}

}  // namespace millrace::nodes
