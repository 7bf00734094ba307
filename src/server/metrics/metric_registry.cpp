// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/metric_registry.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "millrace/core/check.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view too_many = "other";
constexpr char separator = '\x1f';

class CounterMetric final : public Counter {
public:
    explicit CounterMetric(prometheus::Counter& counter) : counter_{counter} {}
    void add(double by) override { counter_.Increment(by); }

private:
    prometheus::Counter& counter_;
};

class GaugeMetric final : public Gauge {
public:
    explicit GaugeMetric(prometheus::Gauge& gauge) : gauge_{gauge} {}
    void set(double value) override { gauge_.Set(value); }

private:
    prometheus::Gauge& gauge_;
};

class HistogramMetric final : public Histogram {
public:
    explicit HistogramMetric(prometheus::Histogram& histogram) : histogram_{histogram} {}
    void observe(double value) override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

/// `Made` wraps a metric of the library's type `Kept` as a `Metric`.
template <class Metric, class Made, class Kept, class... Arguments>
class BoundedFamily final : public MetricFamily<Metric> {
public:
    BoundedFamily(prometheus::Family<Kept>& family, const MetricName& name, Arguments... arguments)
        : family_{family},
          labels_{name.labels},
          values_max_{name.values_max},
          arguments_{std::move(arguments)...} {
        // What has no labels is there from the start: a rate needs the zero before the first one.
        if (labels_.empty()) BoundedFamily::at({});
    }

    Metric& at(std::initializer_list<std::string_view> values) override {
        MR_CHECK(values.size() == labels_.size());
        const std::scoped_lock lock{mutex_};
        key_.clear();
        for (const std::string_view value : values) {
            key_ += value;
            key_ += separator;
        }
        if (const auto known = metrics_.find(std::string_view{key_}); known != metrics_.end())
            return *known->second;
        const bool has_room = labels_.empty() || metrics_.size() < values_max_;
        return has_room ? add(values) : rest();
    }

private:
    Metric& add(std::initializer_list<std::string_view> values) {
        prometheus::Labels labels;
        auto label = labels_.begin();
        for (const std::string_view value : values)
            labels.emplace(*label++, value);
        return keep(labels);
    }

    Metric& rest() {
        if (rest_ != nullptr) return *rest_;
        prometheus::Labels labels;
        key_.clear();
        for (const std::string& label : labels_) {
            labels.emplace(label, too_many);
            key_ += too_many;
            key_ += separator;
        }
        const auto known = metrics_.find(std::string_view{key_});
        rest_ = known != metrics_.end() ? known->second.get() : &keep(labels);
        return *rest_;
    }

    Metric& keep(const prometheus::Labels& labels) {
        Kept& made = std::apply(
            [&](const auto&... arguments) -> Kept& { return family_.Add(labels, arguments...); },
            arguments_);
        return *metrics_.emplace(key_, std::make_unique<Made>(made)).first->second;
    }

    prometheus::Family<Kept>& family_;
    const std::vector<std::string> labels_;
    const std::size_t values_max_;
    const std::tuple<Arguments...> arguments_;
    std::mutex mutex_;  // guards what follows
    std::string key_;   // of the call under way
    std::unordered_map<std::string, std::unique_ptr<Metric>, TextHash, std::equal_to<>> metrics_;
    Metric* rest_ = nullptr;
};

using CounterFamily = BoundedFamily<Counter, CounterMetric, prometheus::Counter>;
using GaugeFamily = BoundedFamily<Gauge, GaugeMetric, prometheus::Gauge>;
using HistogramFamily = BoundedFamily<Histogram, HistogramMetric, prometheus::Histogram,
                                      prometheus::Histogram::BucketBoundaries>;

template <class Family>
using Families = std::map<std::string, std::unique_ptr<Family>, std::less<>>;

}  // namespace

class MetricRegistry::Impl {
public:
    template <class Family, class Make>
    Family& family(Families<Family>& families, const MetricName& name, const Make& make) {
        const std::scoped_lock lock{mutex_};
        std::unique_ptr<Family>& known = families[name.name];
        if (!known) known = make();
        return *known;
    }

    prometheus::Registry registry;
    Families<CounterFamily> counters;
    Families<GaugeFamily> gauges;
    Families<HistogramFamily> histograms;

    void before_reading(std::function<void()> read) {
        const std::scoped_lock lock{mutex_};
        readers_.push_back(std::move(read));
    }
    std::vector<std::function<void()>> readers() {
        const std::scoped_lock lock{mutex_};
        return readers_;
    }

private:
    std::mutex mutex_;  // guards the families and what follows
    std::vector<std::function<void()>> readers_;
};

MetricRegistry::MetricRegistry() : impl_{std::make_unique<Impl>()} {}
MetricRegistry::~MetricRegistry() = default;

MetricFamily<Counter>& MetricRegistry::counters(const MetricName& name) {
    return impl_->family(impl_->counters, name, [&] {
        auto& family =
            prometheus::BuildCounter().Name(name.name).Help(name.help).Register(impl_->registry);
        return std::make_unique<CounterFamily>(family, name);
    });
}

MetricFamily<Gauge>& MetricRegistry::gauges(const MetricName& name) {
    return impl_->family(impl_->gauges, name, [&] {
        auto& family =
            prometheus::BuildGauge().Name(name.name).Help(name.help).Register(impl_->registry);
        return std::make_unique<GaugeFamily>(family, name);
    });
}

MetricFamily<Histogram>& MetricRegistry::histograms(const MetricName& name,
                                                    const std::vector<double>& bounds) {
    return impl_->family(impl_->histograms, name, [&] {
        auto& family =
            prometheus::BuildHistogram().Name(name.name).Help(name.help).Register(impl_->registry);
        return std::make_unique<HistogramFamily>(family, name, bounds);
    });
}

void MetricRegistry::before_reading(std::function<void()> read) {
    impl_->before_reading(std::move(read));
}

std::string MetricRegistry::text() {
    for (const auto& read : impl_->readers())
        read();
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, impl_->registry.Collect());
    return std::move(out).str();
}

}  // namespace millrace::server
