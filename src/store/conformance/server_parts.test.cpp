// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "conformance/conformance.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/node_library.hpp"
#include "millrace/store/variables.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using ::testing::ElementsAre;
using testing::execution_id;
using testing::FailsWith;
using ::testing::IsEmpty;

namespace {

class FeedConformance : public Conformance {
protected:
    /// `frame.row: execution n, first record, how many` of what follows `after`.
    std::vector<std::string> rows(FeedPosition after, std::size_t limit = 100) {
        std::vector<std::string> all;
        const auto read = store_->feed().rows(after, limit);
        EXPECT_TRUE(read) << read.error().message();
        for (const FeedRow& row : read.value()) {
            all.push_back(std::to_string(row.position.frame) + "." +
                          std::to_string(row.position.row) + ":" +
                          std::to_string(row.id.uuid.bytes[15]) + "," +
                          std::to_string(row.first_seq) + "," + std::to_string(row.count));
        }
        return all;
    }
    void commit_many(std::uint64_t frames) {
        for (std::uint64_t i = 0; i < frames; ++i)
            commit(next_frame().journal(1, 100 + i, 1, "r"));
    }
};

class IdempotencyConformance : public Conformance {
protected:
    static KeptAnswer request(const std::string& key, std::int64_t at_ms = 5) {
        return {"POST /api/v1/workflows/w/execute", key, "digest", 0, "", "", core::Time{at_ms}};
    }
    Idempotency& kept() { return store_->idempotency(); }
};

using VariableConformance = Conformance;

class NodeLibraryConformance : public Conformance {
protected:
    static LibraryNodePut put_of(const std::string& id, std::int64_t value) {
        LibraryNodePut put;
        put.node.id = id;
        put.node.name = "Charge a card";
        put.node.type = "http.request";
        put.node.tags = {"money", "cards"};
        put.node.version = 0;
        put.node.node = core::Value::object({{"retries", value}});
        put.comment = "first";
        put.by = "ann";
        return put;
    }
    LibraryNode save(const LibraryNodePut& put) {
        ++now_.ms;
        const auto saved = nodes().put({&put, 1}, now_);
        EXPECT_TRUE(saved) << saved.error().message();
        return saved->front();
    }
    std::vector<std::string> ids(const LibraryNodeFilter& filter) {
        std::vector<std::string> all;
        const auto page = nodes().list(filter, 100, "");
        for (const LibraryNode& node : page.value().items)
            all.push_back(node.id);
        return all;
    }
    NodeLibrary& nodes() { return store_->node_library(); }

    core::Time now_{1'000};
};

}  // namespace

TEST_P(FeedConformance, RowsComeInTheOrderOfCommitsFromAnyPlace) {
    EXPECT_THAT(rows({}), IsEmpty());
    EXPECT_EQ(store_->feed().end().value(), FeedPosition{});
    commit(next_frame().insert(1).insert(2).journal(2, 1, 3, "b").journal(1, 1, 2, "a"));
    commit(next_frame().share("host", "state"));
    commit(next_frame().journal(1, 3, 1, "c"));
    EXPECT_THAT(rows({}), ElementsAre("1.1:2,1,3", "1.2:1,1,2", "3.1:1,3,1"));
    EXPECT_THAT(rows({1, 1}), ElementsAre("1.2:1,1,2", "3.1:1,3,1"));
    EXPECT_THAT(rows({2, 9}), ElementsAre("3.1:1,3,1"));
    EXPECT_THAT(rows({}, 2), ElementsAre("1.1:2,1,3", "1.2:1,1,2"));
    EXPECT_EQ(store_->feed().end().value(), (FeedPosition{3, 1}));
    EXPECT_THAT(rows({3, 1}), IsEmpty());
    EXPECT_THAT(store_->feed().rows({}, 0), FailsWith(StoreErrc::bad_argument));
}

TEST_P(FeedConformance, AFrameThatIsNotKeptIsNotInIt) {
    commit(next_frame().insert(1).journal(1, 1, 1, "a"));
    auto refused = next_frame().journal(1, 2, 1, "b").journal(1, 1, 1, "again").build();
    EXPECT_THAT(store_->commit(refused, epoch_), FailsWith(StoreErrc::bad_argument));
    EXPECT_THAT(rows({}), ElementsAre("1.1:1,1,1"));
}

TEST_P(FeedConformance, TheOldestAreForgottenAndThatIsSaid) {
    commit(next_frame().insert(1).journal(1, 1, 1, "a"));
    commit_many(200);
    EXPECT_THAT(store_->feed().rows({}, 100), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(store_->feed().rows({1, 1}, 100), FailsWith(StoreErrc::not_found));
    const FeedPosition end = store_->feed().end().value();
    EXPECT_EQ(end, (FeedPosition{201, 1}));
    EXPECT_EQ(rows({181, 1}).size(), 20u) << "1,024 bytes hold some";
    EXPECT_THAT(rows(end), IsEmpty());
}

TEST_P(FeedConformance, GoesOnAfterAnotherOwnerHasOpenedIt) {
    commit(next_frame().insert(1).journal(1, 1, 1, "a"));
    commit_many(100);
    if (!backend_->is_durable()) return;
    store_.reset();
    store_ = backend_->open();
    epoch_ = store_->take_ownership()->epoch;
    commit_many(0);
    commit(next_frame().journal(1, 2, 1, "b"));
    EXPECT_EQ(rows({91, 1}).size(), 11u);
    EXPECT_THAT(store_->feed().rows({1, 1}, 100), FailsWith(StoreErrc::not_found));
}

TEST_P(IdempotencyConformance, ARequestBeginsOnceAndItsAnswerIsKept) {
    EXPECT_EQ(kept().begin(request("a")).value(), std::nullopt);
    const auto again = kept().begin(request("a", 99));
    ASSERT_TRUE(again.value());
    EXPECT_EQ((*again)->status, 0);
    EXPECT_EQ((*again)->created_at, core::Time{5});
    KeptAnswer answer = request("a", 99);
    answer.status = 202;
    answer.headers = "Location: /x\r\n";
    answer.body = std::string{"{\"id\":1}\0\xff", 10};
    ASSERT_TRUE(kept().finish(answer));
    const auto found = kept().find(answer.scope, "a");
    ASSERT_TRUE(found.value());
    EXPECT_EQ((*found)->status, 202);
    EXPECT_EQ((*found)->headers, answer.headers);
    EXPECT_EQ((*found)->body, answer.body);
    EXPECT_EQ((*found)->digest, "digest");
    EXPECT_EQ((*found)->created_at, core::Time{5});
    EXPECT_EQ(kept().find("another scope", "a").value(), std::nullopt);
}

TEST_P(IdempotencyConformance, WhatIsForgottenMayBeginAgain) {
    ASSERT_TRUE(kept().begin(request("a")));
    ASSERT_TRUE(kept().forget(request("a").scope, "a"));
    EXPECT_EQ(kept().begin(request("a")).value(), std::nullopt);
    ASSERT_TRUE(kept().begin(request("b", 6)));
    ASSERT_TRUE(kept().begin(request("c", 7)));
    EXPECT_EQ(kept().forget_before(core::Time{7}, 1).value(), 1u);
    EXPECT_EQ(kept().find(request("a").scope, "a").value(), std::nullopt);
    EXPECT_EQ(kept().forget_before(core::Time{7}, 10).value(), 1u);
    EXPECT_TRUE(kept().find(request("c").scope, "c").value());
}

TEST_P(VariableConformance, VariablesAreSetReadAndDeleted) {
    Variables& variables = store_->variables();
    const core::Value rate = core::Value::object({{"eur", 1.25}, {"n", 3}});
    ASSERT_TRUE(variables.put({"rate", rate, "of today", core::Time{7}}));
    ASSERT_TRUE(variables.put({"depot", "Vienna", "", core::Time{8}}));
    ASSERT_TRUE(variables.put({"depot", "Graz", "where", core::Time{9}}));
    const auto all = variables.list();
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[0].name, "depot");
    EXPECT_EQ((*all)[0].value, core::Value{"Graz"});
    EXPECT_EQ((*all)[0].updated_at, core::Time{9});
    EXPECT_EQ(variables.find("rate")->value, rate);
    EXPECT_EQ(variables.find("rate")->description, "of today");
    ASSERT_TRUE(variables.remove("rate"));
    EXPECT_THAT(variables.remove("rate"), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(variables.find("rate"), FailsWith(StoreErrc::not_found));
}

TEST_P(NodeLibraryConformance, ANodeGoesThroughVersionsAndRevisions) {
    const LibraryNode first = save(put_of("charge", 1));
    EXPECT_EQ(first.version, 1u);
    EXPECT_EQ(first.created_at, core::Time{1'001});
    LibraryNodePut put = put_of("charge", 2);
    put.node.version = 1;
    put.comment = "more retries";
    put.changed_fields = {"/retries"};
    EXPECT_EQ(save(put).version, 2u);
    put.node.version = 2;
    put.node.lifecycle = NodeLifecycle::published;
    put.is_new_version = false;
    const LibraryNode last = save(put);
    EXPECT_EQ(last.version, 2u);
    EXPECT_EQ(last.revision, 2u);
    const auto found = nodes().find("charge");
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->lifecycle, NodeLifecycle::published);
    EXPECT_EQ(found->tags, (std::vector<std::string>{"money", "cards"}));
    EXPECT_EQ(found->created_at, core::Time{1'001});
    EXPECT_EQ(found->updated_at, core::Time{1'003});
    const auto versions = nodes().versions("charge");
    ASSERT_EQ(versions->size(), 2u);
    EXPECT_EQ((*versions)[0].version, 2u);
    EXPECT_EQ((*versions)[0].revision, 2u);
    EXPECT_EQ((*versions)[0].comment, "more retries");
    EXPECT_EQ((*versions)[0].changed_fields, (std::vector<std::string>{"/retries"}));
    EXPECT_EQ(*(*versions)[1].node.find("retries"), core::Value{1});
    EXPECT_EQ((*versions)[1].created_by, "ann");
}

TEST_P(NodeLibraryConformance, ANodeThatWasChangedMeanwhileIsAConflict) {
    save(put_of("charge", 1));
    const auto fails = [&](LibraryNodePut put) { return nodes().put({&put, 1}, now_); };
    EXPECT_THAT(fails(put_of("charge", 2)), FailsWith(StoreErrc::conflict)) << "is not new";
    LibraryNodePut put = put_of("charge", 2);
    put.node.version = 2;
    EXPECT_THAT(fails(put), FailsWith(StoreErrc::conflict));
    put.node.version = 1;
    put.node.revision = 5;
    EXPECT_THAT(fails(put), FailsWith(StoreErrc::conflict));
    put.node.revision = 1;
    put.is_new_version = false;
    EXPECT_THAT(fails(put), FailsWith(StoreErrc::bad_argument)) << "the node differs";
    put.node.id = "gone";
    EXPECT_THAT(fails(put), FailsWith(StoreErrc::conflict));
}

TEST_P(NodeLibraryConformance, ABatchIsSavedWholeOrNotAtAll) {
    std::vector<LibraryNodePut> batch{put_of("a", 1), put_of("b", 1)};
    batch[1].node.version = 4;
    EXPECT_THAT(nodes().put(batch, now_), FailsWith(StoreErrc::conflict));
    EXPECT_THAT(ids({}), IsEmpty());
    batch[1].node.version = 0;
    EXPECT_EQ(nodes().put(batch, now_)->size(), 2u);
    EXPECT_THAT(ids({}), ElementsAre("b", "a"));
}

TEST_P(NodeLibraryConformance, NodesAreChosenAndPagedFromTheLastUpdated) {
    save(put_of("charge", 1));
    LibraryNodePut mail = put_of("mail", 1);
    mail.node.name = "Tell the customer";
    mail.node.type = "mail.send";
    mail.node.tags = {};
    mail.node.workflow_id = "billing";
    mail.node.is_public = true;
    save(mail);
    EXPECT_THAT(ids({}), ElementsAre("mail", "charge"));
    EXPECT_THAT(ids({.text = "CARD charg"}), ElementsAre("charge"));
    EXPECT_THAT(ids({.text = "harge"}), IsEmpty());
    EXPECT_THAT(ids({.workflow_id = "billing"}), ElementsAre("mail"));
    EXPECT_THAT(ids({.type = "http.request"}), ElementsAre("charge"));
    EXPECT_THAT(ids({.tag = "money"}), ElementsAre("charge"));
    EXPECT_THAT(ids({.lifecycle = NodeLifecycle::published}), IsEmpty());
    EXPECT_THAT(ids({.is_public = true}), ElementsAre("mail"));
    const auto first = nodes().list({}, 1, "");
    ASSERT_TRUE(first->next_cursor);
    EXPECT_EQ(nodes().list({}, 1, *first->next_cursor)->items.at(0).id, "charge");
}

TEST_P(NodeLibraryConformance, ARemovedNodeBeginsAnew) {
    save(put_of("charge", 1));
    ASSERT_TRUE(nodes().remove("charge"));
    EXPECT_THAT(nodes().remove("charge"), FailsWith(StoreErrc::not_found));
    EXPECT_THAT(nodes().versions("charge"), FailsWith(StoreErrc::not_found));
    EXPECT_EQ(save(put_of("charge", 9)).version, 1u);
    EXPECT_EQ(nodes().versions("charge")->size(), 1u);
}

const auto name_of = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Stores, FeedConformance, ::testing::ValuesIn(kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, IdempotencyConformance, ::testing::ValuesIn(kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, VariableConformance, ::testing::ValuesIn(kinds()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, NodeLibraryConformance, ::testing::ValuesIn(kinds()), name_of);

}  // namespace millrace::store::conformance
