// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "millrace/core/value.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {

/// A request as the connection would make it of `GET /path?name=value`.
std::shared_ptr<Request> sample_request(Method method, std::string_view target,
                                        std::string body = {});

/// An Api of a few routes with a store in memory, for tests of what all routes share. Work is done
/// when `do_work` is called, so that tests choose the moment.
class SampleApi {
public:
    SampleApi();
    SampleApi(const SampleApi&) = delete;
    SampleApi& operator=(const SampleApi&) = delete;

    /// Asks and does the work; the answer must come.
    Response ask(const std::shared_ptr<Request>& request);
    Response ask(Method method, std::string_view target, std::string body = {});
    /// Without doing work; the answer is added to `answers`.
    void send(const std::shared_ptr<Request>& request);
    void do_work();

    const Api& api() const { return *api_; }
    store::Store& store() { return *store_; }
    std::vector<Response>& answers() { return answers_; }
    /// Replies that the route `/api/v1/later` has not given.
    std::vector<Reply>& later() { return later_; }
    int things_made() const { return things_made_; }
    /// What the route `/api/v1/again`, which is repeatable, was to be known by each time.
    const std::vector<core::Uuid>& repeat_ids() const { return repeat_ids_; }
    /// What the next things are answered with instead.
    std::function<Answer()> instead;
    std::function<std::expected<void, Problem>(Action)> allow;

private:
    RouteTable routes();
    ApiParts parts();
    Answer make_thing(const Request& request);

    std::unique_ptr<store::Store> store_;
    std::vector<std::function<void()>> work_;
    std::vector<Response> answers_;
    std::vector<Reply> later_;
    int things_made_ = 0;
    std::vector<core::Uuid> repeat_ids_;
    std::unique_ptr<Api> api_;
};

core::Value body_of(const Response& response);
std::string code_of(const Response& response);
std::string detail_of(const Response& response);

}  // namespace millrace::server
