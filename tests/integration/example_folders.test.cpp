// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "support/command.hpp"

// The examples that have a folder of their own, against services of this machine.

namespace millrace::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string folder_example(const std::string& name) {
    return MILLRACE_EXAMPLES_DIR "/" + name + "/" + name + ".workflow.yaml";
}

/// The services that come with the examples, with their mail server.
class Services {
public:
    Services() : process_{"/usr/bin/python3", how()} {
        while (said().find('\n') == std::string::npos && !process_.has_ended())
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    std::string base() const { return address_after("http://"); }
    std::string smtp() const { return address_after("smtp://"); }
    std::string said() const { return process_.out_so_far(); }
    bool wait_for(std::string_view text) {
        for (int i = 0; i < 2'000 && said().find(text) == std::string::npos; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        return said().find(text) != std::string::npos;
    }

private:
    static ProcessOptions how() {
        ProcessOptions options;
        options.arguments = {MILLRACE_EXAMPLES_DIR "/services.py", "0"};
        return options;
    }
    std::string address_after(std::string_view scheme) const {
        const std::string text = said();
        const std::size_t begin = text.find(scheme);
        if (begin == std::string::npos) return "nowhere";
        return text.substr(begin, text.find(' ', begin) - begin);
    }

    Process process_;
};

class OrderExample : public CommandTest {
protected:
    Finished run_order(const std::string& base, const std::string& smtp) const {
        return millrace({"run", folder_example("orders"), "--input",
                         "@" MILLRACE_EXAMPLES_DIR "/orders/order.json", "--var", "base=" + base,
                         "--var", "smtp=" + smtp});
    }
};

TEST_F(OrderExample, IsPaidElsewhereShippedAndConfirmedByMail) {
    Services services;
    const Finished finished = run_order(services.base(), services.smtp());
    ASSERT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(at(json(finished.out), "order"), "A-7");
    EXPECT_TRUE(services.wait_for("sent your parcel")) << services.said();
    EXPECT_THAT(services.said(), AllOf(HasSubstr("Subject: Your order A-7"),
                                       HasSubstr("ada@example.com"), HasSubstr("charged 25")));
}

TEST_F(OrderExample, GivesBackMoneyAndGoodsWhenItCannotBeShipped) {
    const HttpServer server{[](const ServedRequest& request) {
        if (request.target == "/payments/first") return Reply{.status = 503};
        if (request.target == "/payments/second") return Reply::json(R"({"id": "Q1"})");
        if (request.target == "/shipments") return Reply{.status = 422};
        return Reply::json(R"({"id": "R1"})");
    }};
    const Finished finished = run_order(server.url(""), "smtp://127.0.0.1:1");
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.err, HasSubstr("http_422"));
    std::vector<std::string> seen;
    for (const ServedRequest& request : server.requests())
        seen.push_back(request.method + " " + request.target);
    EXPECT_THAT(seen,
                ElementsAre("POST /reservations", "POST /payments/first", "POST /payments/first",
                            "POST /payments/first", "POST /payments/second", "POST /shipments",
                            "POST /payments/second/refunds", "DELETE /reservations/R1"));
    EXPECT_EQ(server.requests()[6].body, R"({"payment":"Q1"})");
}

class ApiExample : public CommandTest {
protected:
    Finished convert(const std::string& base) const {
        return millrace({"run", folder_example("api-integration"), "--input",
                         R"({"lines": [{"currency": "USD", "amount": 100},
                                       {"currency": "USD", "amount": 10}]})",
                         "--var", "base=" + base});
    }
};

TEST_F(ApiExample, WaitsWhenItIsToldToAndKeepsTheRates) {
    std::atomic<int> calls = 0;
    const HttpServer server{[&calls](const ServedRequest&) {
        if (++calls == 1) {
            Reply reply{.status = 429};
            reply.headers = {{"Retry-After", "1"}};
            return reply;
        }
        return Reply::json(R"({"rate": 0.5, "source": "fx"})");
    }};
    const auto begin = std::chrono::steady_clock::now();
    const Finished first = convert(server.url(""));
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{1'000});
    EXPECT_EQ(at(json(first.out), "total"), 55);
    EXPECT_EQ(calls, 2);
    // Another process, the same store: the rate is still fresh.
    EXPECT_EQ(at(json(convert(server.url("")).out), "total"), 55);
    EXPECT_EQ(calls, 2);
}

TEST_F(ApiExample, TakesTheOtherSourceWhenTheFirstIsDown) {
    const HttpServer server{[](const ServedRequest& request) {
        if (request.target.starts_with("/fx/")) return Reply{.status = 503};
        return Reply::json(R"({"rate": 0.25, "source": "last night"})");
    }};
    const Finished finished = convert(server.url(""));
    ASSERT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(at(json(finished.out), "lines.0.source"), "last night");
    EXPECT_EQ(at(json(finished.out), "total"), 27.5);
}

class PipelineExample : public CommandTest {};

TEST_F(PipelineExample, PartsGoodRowsFromBad) {
    const Finished finished = millrace({"run", folder_example("pipeline"), "--input",
                                        "@" MILLRACE_EXAMPLES_DIR "/pipeline/orders.json"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(at(json(finished.out), "report.figures.0.revenue"), 39);
    EXPECT_EQ(at(json(finished.out), "report.problems.1.line"), 6);
}

// ---- ETL --------------------------------------------------------------------------------------

class EtlExample : public CommandTest {
protected:
    static constexpr int rows = 1'000;

    EtlExample() {
        std::filesystem::copy(folder_example("etl"), folder / "etl.workflow.yaml");
        std::string csv = "id,day,customer,total\n";
        for (int i = 1; i <= rows; ++i)
            csv += std::to_string(i) + ",2026-01-31,Ada,1.25\n";
        file = (folder / "etl.workflow.yaml").string();
        folder.file("orders.csv", csv);
    }
    /// The number that a query gives; -1 where there is no database yet.
    long long number(const std::string& query) const {
        sqlite3* database = nullptr;
        long long found = -1;
        const std::string path = (folder / "orders.db").string();
        if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
            sqlite3_stmt* statement = nullptr;
            sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr);
            if (sqlite3_step(statement) == SQLITE_ROW) found = sqlite3_column_int64(statement, 0);
            sqlite3_finalize(statement);
        }
        sqlite3_close(database);
        return found;
    }

    std::string file;
};

TEST_F(EtlExample, LoadsNothingTwiceHoweverOftenItIsKilled) {
    std::size_t kills = 0;
    auto process = start({"run", file, "--var", "batch_size=10"});
    ASSERT_TRUE(process->wait_for_error_text("tables completed"));
    // Each life is a little longer than the one before, so that this comes to an end.
    for (int life = 40; !process->has_ended(); life += 10) {
        std::this_thread::sleep_for(std::chrono::milliseconds{life});
        if (process->has_ended()) break;
        process->signal(SIGKILL);
        process->wait();
        ++kills;
        process = start({"executions", "resume", "--all", "--allow-files", folder.path().string()});
    }
    const Finished last = process->wait();
    EXPECT_EQ(last.status, 0) << last.err;
    EXPECT_GE(kills, 1u);
    const auto ids = executions();
    ASSERT_THAT(ids, SizeIs(1));
    const Value execution = result_of({"executions", "show", ids[0]});
    EXPECT_EQ(at(execution, "status"), "completed") << kills << " kills";
    EXPECT_EQ(at(execution, "outputs.loaded"), rows);
    EXPECT_EQ(at(execution, "outputs.rejected"), 0);
    EXPECT_EQ(number("SELECT count(*) FROM orders"), rows);
    EXPECT_EQ(number("SELECT sum(row_count) FROM loads"), rows);
    EXPECT_EQ(number("SELECT count(*) FROM loads"), rows / 10);
    EXPECT_THAT(read_file(folder / "rejected.jsonl"), IsEmpty());
}

TEST_F(EtlExample, RollsBackABatchAndSaysWhy) {
    std::string csv = read_file(folder / "orders.csv");
    csv += "7,2026-01-31,Ada,1.25\n1001,2026-01-31,Ada,2\n";
    write_file(folder / "orders.csv", csv);
    const Finished finished = millrace({"run", file, "--var", "batch_size=500"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    EXPECT_EQ(at(json(finished.out), "loaded"), rows);
    EXPECT_EQ(at(json(finished.out), "rejected"), 2);
    EXPECT_EQ(number("SELECT count(*) FROM orders WHERE id > 1000"), 0);
    EXPECT_THAT(read_file(folder / "rejected.jsonl"), HasSubstr("sqlite_constraint"));
}

}  // namespace
}  // namespace millrace::testing
