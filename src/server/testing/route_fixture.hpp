// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <runtime/testing/harvest.hpp>
#include "api/message.hpp"
#include "api/route.hpp"
#include "millrace/core/value.hpp"
#include "millrace/runtime/runtime.hpp"
#include "service/services.hpp"

namespace millrace::server::testing {

/// Holds up those who wait until it is opened, once and for all.
class Gate {
public:
    void open() {
        const std::scoped_lock lock{mutex_};
        is_open_ = true;
        opened_.notify_all();
    }
    bool is_open() {
        const std::scoped_lock lock{mutex_};
        return is_open_;
    }
    void wait() {
        std::unique_lock lock{mutex_};
        opened_.wait(lock, [this] { return is_open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = false;
};

/// Routes over a runtime in memory, without a network: requests go through the whole Api, and each
/// answer is checked against its OpenAPI document. Node types are the standard ones and
/// `test.effect`, whose functions are `echo`, `gated` (waits for `gate`, or for its stop token) and
/// `moody` (fails with the code `out_of_stock` unless it is given `true`).
class RouteFixture : public ::testing::Test {
protected:
    using Value = core::Value;
    using Headers = std::vector<std::pair<std::string, std::string>>;
    using Add = void (*)(RouteTable&, Services&);

    /// With the routes that these add.
    explicit RouteFixture(std::vector<Add> adders);
    ~RouteFixture() override;
    /// Ends the threads while all that a test has lent them is still there.
    void TearDown() override;

    /// `target` with its query; `body` as JSON.
    Response send(Method method, std::string_view target, std::string body = {},
                  const Headers& headers = {});
    Response get(std::string_view target) { return send(Method::get, target); }
    Response post(std::string_view target, std::string body = "") {
        return send(Method::post, target, std::move(body));
    }
    Response del(std::string_view target) { return send(Method::del, target); }
    /// The body of an answer that must have this status.
    Value body_of(const Response& response, int status = 200);
    /// `code` of a problem that must have this status.
    std::string problem_of(const Response& response, int status);

    runtime::Runtime& runtime();
    Services& services();
    /// Saves start -> a -> b whose nodes call `function`, as version 1 of `id` or the next.
    std::uint32_t save_chain(const std::string& id, std::string_view function = "echo");
    /// Any document as JSON.
    std::uint32_t save(std::string_view document);
    /// The id of an execution that was started by the API.
    std::string start(const std::string& workflow, const std::string& body = "{}");
    /// Waits for its end; the execution as the API shows it.
    Value ended(const std::string& id);
    /// Does all that was to be done later, whenever that is.
    void let_time_pass();
    /// The same with all that comes to wait for it, until somebody stops it.
    void let_time_pass(const std::stop_token& over);

    /// Messages of the log that tell of errors.
    std::vector<std::string> logged_errors();

    std::weak_ptr<const Request> sent;  ///< the last one; gone with the last who holds it

    core::Duration ahead{0};    ///< that much later than it is requests come in
    bool reads_answers = true;  ///< else the connection breaks before they are written
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    runtime::testing::Harvest<std::string> entered;  ///< node ids whose gated function has begun

private:
    void add_functions();

    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server::testing
