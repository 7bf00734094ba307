// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/server/metric_registry.hpp"
#include "millrace/server/options.hpp"
#include "tracing/span.hpp"

namespace millrace::server {

/// The URL that spans are sent to: an endpoint that names no path of its own gets `/v1/traces`.
core::Result<std::string> traces_url(const std::string& endpoint);

/// Sends spans to a receiver by OTLP over HTTP, on a thread of its own. Nobody waits for it: what
/// does not fit into its queue, or is not taken after several attempts, is dropped and counted.
/// Thread-safe.
class OtlpExporter {
public:
    /// Error `bad_option` when the endpoint is none. `registry` and `log` outlive it.
    static core::Result<std::unique_ptr<OtlpExporter>> start(const TracingOptions& options,
                                                             std::string version,
                                                             MetricRegistry& registry,
                                                             runtime::Log& log);
    /// Sends what waits, once, and ends.
    ~OtlpExporter();
    OtlpExporter(const OtlpExporter&) = delete;
    OtlpExporter& operator=(const OtlpExporter&) = delete;

    void add(Span span);

private:
    class Sender;
    explicit OtlpExporter(std::unique_ptr<Sender> sender);
    std::unique_ptr<Sender> sender_;
};

}  // namespace millrace::server
