// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

// What any part of the server counts for Prometheus. All of it is thread-safe and costs tens of
// nanoseconds.

class Counter {
public:
    virtual ~Counter() = default;
    /// Never negative.
    virtual void add(double by = 1) = 0;
};
class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
};
class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

/// Metrics of one name, by the values of its labels.
template <class Metric>
class MetricFamily {
public:
    virtual ~MetricFamily() = default;
    /// As many values as the family has labels, in their order. The metric stays as long as the
    /// registry. When there are too many different ones it is that of the values `other`.
    virtual Metric& at(std::initializer_list<std::string_view> values) = 0;
    Metric& only() { return at({}); }
};

struct MetricName {
    std::string name;  ///< counters end in `_total`
    std::string help;
    std::vector<std::string> labels{};
    /// Of label values, so that whoever may choose them cannot make it grow.
    std::size_t values_max = 100;
};

/// All metrics of a server. The same name gives the same family. Whoever wants to count something
/// of their own asks for a family once, keeps it, and counts:
///
///     auto& calls = server.metrics().counters({"acme_calls_total", "Calls.", {"result"}});
///     calls.at({"accepted"}).add();
class MetricRegistry {
public:
    MetricRegistry();
    ~MetricRegistry();
    MetricRegistry(const MetricRegistry&) = delete;
    MetricRegistry& operator=(const MetricRegistry&) = delete;

    MetricFamily<Counter>& counters(const MetricName& name);
    MetricFamily<Gauge>& gauges(const MetricName& name);
    /// `bounds`, rising, are where its buckets end.
    MetricFamily<Histogram>& histograms(const MetricName& name, const std::vector<double>& bounds);
    /// `read` is called before each `text`, to set what need not be followed all the time.
    void before_reading(std::function<void()> read);

    /// Prometheus' text format 0.0.4.
    std::string text();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::server
