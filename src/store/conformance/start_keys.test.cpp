// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/start_keys.hpp"

#include <gmock/gmock.h>

#include <array>
#include <optional>
#include <string>

#include "conformance/conformance.hpp"
#include "millrace/store/retention.hpp"
#include "testing/matchers.hpp"

namespace millrace::store::conformance {

using testing::execution_id;
using testing::FailsWith;
using Fate = StartKey::Fate;

namespace {

class StartKeyConformance : public Conformance {
protected:
    void put(const std::string& name, std::uint64_t execution, std::int64_t until_ms = 100,
             bool is_answered = false) {
        const auto done = store_->start_keys().change([&](StartKeyTable& table) {
            return table.put({name, execution_id(execution), core::Time{until_ms}, is_answered});
        });
        ASSERT_TRUE(done) << done.error().message();
    }
    std::optional<StartKey> find(const std::string& name) {
        std::optional<StartKey> found;
        const auto done = store_->start_keys().change([&](StartKeyTable& table) -> core::Result<> {
            auto read = table.find(name);
            if (!read) return std::unexpected(read.error());
            found = *std::move(read);
            return {};
        });
        EXPECT_TRUE(done) << done.error().message();
        return found;
    }
    std::optional<Fate> fate(const std::string& name) {
        const auto found = find(name);
        return found ? std::optional{found->fate} : std::nullopt;
    }
};

}  // namespace

TEST_P(StartKeyConformance, ANameTellsWhatBecameOfItsExecution) {
    EXPECT_EQ(fate("a"), std::nullopt);
    put("a", 1, 100);
    put("b", 1, 200, true);
    EXPECT_EQ(fate("a"), Fate::not_started);
    EXPECT_EQ(find("a")->execution, execution_id(1));
    EXPECT_EQ(find("b")->until, core::Time{200});
    EXPECT_TRUE(find("b")->is_answered);
    commit(next_frame().insert(1));
    EXPECT_EQ(fate("a"), Fate::there);
    commit(next_frame().finish(1));
    EXPECT_EQ(fate("b"), Fate::there);
    const std::array ids{execution_id(1)};
    ASSERT_EQ(store_->retention().prune(ids)->executions, 1U);
    EXPECT_EQ(fate("a"), Fate::removed);
    EXPECT_EQ(fate("b"), Fate::removed);
    put("a", 1, 300, true);
    EXPECT_EQ(fate("a"), Fate::removed) << "what is put does not bring it back";
    put("a", 2);
    EXPECT_EQ(fate("a"), Fate::not_started);
}

TEST_P(StartKeyConformance, RemovingOneByHandIsNotedToo) {
    put("a", 1);
    commit(next_frame().insert(1).finish(1));
    ASSERT_TRUE(store_->retention().remove(execution_id(1)));
    EXPECT_EQ(fate("a"), Fate::removed);
}

TEST_P(StartKeyConformance, NothingIsKeptOfWorkThatFails) {
    const auto failed = store_->start_keys().change([&](StartKeyTable& table) -> core::Result<> {
        if (auto put = table.put({"a", execution_id(1), core::Time{100}}); !put) return put;
        const auto seen = table.find("a");
        EXPECT_TRUE(seen && *seen && (*seen)->fate == Fate::not_started);
        return core::fail(StoreErrc::conflict, "changed my mind");
    });
    EXPECT_THAT(failed, FailsWith(StoreErrc::conflict));
    EXPECT_EQ(find("a"), std::nullopt);
}

TEST_P(StartKeyConformance, WhoseTimeIsOverIsForgotten) {
    put("a", 1, 100);
    put("b", 2, 101);
    put("c", 3, 102);
    EXPECT_EQ(store_->start_keys().forget_over(core::Time{102}, 1).value(), 1U);
    EXPECT_EQ(find("a"), std::nullopt);
    EXPECT_EQ(store_->start_keys().forget_over(core::Time{102}, 10).value(), 1U);
    EXPECT_EQ(fate("c"), Fate::not_started);
    commit(next_frame().insert(1).finish(1));
    EXPECT_TRUE(store_->retention().remove(execution_id(1)));
}

const auto name_of = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Stores, StartKeyConformance, ::testing::ValuesIn(kinds()), name_of);

}  // namespace millrace::store::conformance
