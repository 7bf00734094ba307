// SPDX-License-Identifier: Apache-2.0
#include "served_contract.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

#include "api/testing/conformance.hpp"
#include "support/command.hpp"

namespace millrace::testing {
namespace {

/// Reading the document takes longer than most tests, and all servers of a build give the same.
struct Known {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const server::Conformance>> by_document;
};
Known& known() {
    static Known known;
    return known;
}

std::shared_ptr<const server::Conformance> conformance_to(const std::string& openapi) {
    const std::scoped_lock lock{known().mutex};
    std::shared_ptr<const server::Conformance>& found = known().by_document[openapi];
    if (!found) found = std::make_shared<server::Conformance>(json(openapi));
    return found;
}

/// Operations that nobody asked of any server. Servers under other addresses have other documents
/// and the same routes.
std::set<std::string> untried_everywhere() {
    const std::scoped_lock lock{known().mutex};
    std::map<std::string, std::size_t> untried;
    for (const auto& [document, conformance] : known().by_document) {
        for (const std::string& operation : conformance->untried())
            ++untried[operation];
    }
    std::set<std::string> found;
    for (const auto& [operation, documents] : untried) {
        if (documents == known().by_document.size()) found.insert(operation);
    }
    return found;
}

/// All tests together ask every route; a few chosen ones need not.
class EveryRoute : public ::testing::Environment {
public:
    void TearDown() override {
        if (GTEST_FLAG_GET(filter) != "*") return;
        for (const std::string& operation : untried_everywhere())
            ADD_FAILURE() << "no test over a connection asks " << operation;
    }
};
const ::testing::Environment* const every_route =
    ::testing::AddGlobalTestEnvironment(new EveryRoute);

}  // namespace

ServedContract::ServedContract() = default;
ServedContract::~ServedContract() = default;

const server::Conformance* ServedContract::conformance(std::uint16_t port,
                                                       const std::string& token) {
    if (conformance_) return conformance_.get();
    HttpRequest request{"GET", "/api/v1/openapi.json", {}, {}};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    const HttpAnswer answer = HttpConnection{port}.exchange(request);
    // A server that lets nobody in tells nobody what it does.
    if (answer.status == 200) conformance_ = conformance_to(answer.body);
    return conformance_.get();
}

void ServedContract::check(std::uint16_t port, const std::string& token, const HttpRequest& request,
                           const HttpAnswer& answer) {
    // Without a body there is nothing to check, and a coded one is not read here.
    if (request.method == "HEAD" || answer.has_header("content-encoding")) return;
    const server::Conformance* const promised = conformance(port, token);
    if (promised == nullptr) return;
    for (const std::string& problem :
         promised->problems(request.method, request.target, answer.status,
                            answer.header("content-type"), answer.body))
        ADD_FAILURE() << request.method << " " << request.target << ": " << problem << "\n"
                      << answer.body;
}

}  // namespace millrace::testing
