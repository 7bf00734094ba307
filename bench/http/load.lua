-- SPDX-License-Identifier: Apache-2.0
-- One line of figures; what starts executions is posted. With an argument each connection pauses
-- between calls, for so many milliseconds on average.
function init(args)
    local pause = tonumber(args[1])
    if pause then
        -- wrk asks whether there is this function.
        function delay()
            return math.random(0, 2 * pause)
        end
    end
    local starts = string.find(wrk.path, "/execute", 1, true)
    if starts or string.find(wrk.path, "/webhooks/", 1, true) then
        wrk.method = "POST"
        wrk.body = starts and '{"input":{"n":7}}' or '{"n":7}'
        wrk.headers["Content-Type"] = "application/json"
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        "%8.0f /s   p50 %8.3f ms   p99 %8.3f ms   errors %d\n",
        summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
