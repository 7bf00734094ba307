// SPDX-License-Identifier: Apache-2.0
// Every component value ends exactly once, whatever happens to its row.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs {
namespace {

using testing::Frozen;
using testing::Health;

/// Counts its living objects and notices when one is used that has ended or moved to nowhere.
class Tracked {
public:
    explicit Tracked(int number) : self_(this), number_(number) { ++living; }
    Tracked(const Tracked& other) : self_(this), number_(other.checked()) { ++living; }
    Tracked(Tracked&& other) noexcept : self_(this), number_(other.checked()) { ++living; }
    Tracked& operator=(const Tracked&) = delete;
    ~Tracked() {
        EXPECT_EQ(self_, this);
        self_ = nullptr;
        --living;
    }
    [[nodiscard]] int checked() const {
        EXPECT_EQ(self_, this);
        return number_;
    }

    static inline int living = 0;

private:
    const Tracked* self_;  // an address of its own: bytes copied elsewhere do not match
    int number_;
};

struct LifetimeTest : ::testing::Test {
    void SetUp() override { Tracked::living = 0; }
    void TearDown() override { EXPECT_EQ(Tracked::living, 0); }
};

TEST_F(LifetimeTest, CreateAndDestroyEndEachValueOnce) {
    World world;
    std::vector<Entity> entities(3'000);
    world.create_many(std::span{entities}, Tracked{1}, Health{});
    EXPECT_EQ(Tracked::living, 3'000);
    for (std::size_t i = 0; i < entities.size(); i += 2)
        world.destroy(entities[i]);
    EXPECT_EQ(Tracked::living, 1'500);
    for (std::size_t i = 1; i < entities.size(); i += 2)
        EXPECT_EQ(world.get<Tracked>(entities[i]).checked(), 1);
}

TEST_F(LifetimeTest, MovesBetweenArchetypesKeepOrEndValues) {
    World world;
    std::array<Entity, 5> entities{};
    world.create_many(std::span{entities}, Tracked{1});
    world.add(entities[0], Frozen{});
    world.add(entities[1], Tracked{2});
    world.add(entities[2], Tracked{3}, Health{});
    world.remove<Tracked>(entities[3]);
    world.remove<Tracked>(entities[2]);
    EXPECT_EQ(Tracked::living, 3);
    EXPECT_EQ(world.get<Tracked>(entities[1]).checked(), 2);
    EXPECT_EQ(world.get<Tracked>(entities[4]).checked(), 1);
}

TEST_F(LifetimeTest, CommandsEndWhatTheyHold) {
    World world;
    const Entity entity = world.create(Tracked{1});
    world.commands().add(entity, Tracked{2});
    world.commands().create(Tracked{3}, Frozen{});
    world.commands().destroy(entity);
    world.commands().add(entity, Tracked{4});
    world.flush();
    EXPECT_EQ(Tracked::living, 1);
    world.commands().create(Tracked{5});
    world.commands().discard();
    EXPECT_EQ(Tracked::living, 1);
    world.commands().create(Tracked{6});
}

TEST_F(LifetimeTest, BulkMovesKeepAndEndValuesOnce) {
    World world;
    std::vector<Entity> entities(3'000);
    world.create_many_from(std::span{entities}, [](std::size_t i) {
        return std::tuple{Tracked{static_cast<int>(i)}, Health{}};
    });
    const std::span<const Entity> all{entities};
    world.add_many(all.subspan(10, 2'500), Frozen{});
    world.remove_many<Tracked>(all.subspan(500, 1'000));
    EXPECT_EQ(Tracked::living, 2'000);
    world.add_many(all.subspan(400, 600), Tracked{-1});
    EXPECT_EQ(Tracked::living, 2'500);
    world.destroy_many(all.subspan(2'000, 900));
    EXPECT_EQ(Tracked::living, 1'600);
    EXPECT_EQ(world.get<Tracked>(entities[399]).checked(), 399);
    EXPECT_EQ(world.get<Tracked>(entities[999]).checked(), -1);
    EXPECT_EQ(world.get<Tracked>(entities[2'999]).checked(), 2'999);
}

TEST_F(LifetimeTest, ShufflingEndsNothing) {
    World world;
    std::vector<Entity> entities(1'000);
    world.create_many_from(std::span{entities},
                           [](std::size_t i) { return std::tuple{Tracked{static_cast<int>(i)}}; });
    world.shuffle_rows(3);
    EXPECT_EQ(Tracked::living, 1'000);
    EXPECT_EQ(world.get<Tracked>(entities[500]).checked(), 500);
}

TEST_F(LifetimeTest, AFailedRestoreEndsWhatItReadSoFar) {
    const auto declare = [](World& world, bool healthy) {
        world.register_component<Tracked>(
            "tracked",
            {.encode = [](const Tracked& from,
                          core::BinaryWriter& out) { out.zigzag(from.checked()); },
             .decode = [healthy](core::BinaryReader& in, std::uint32_t) -> std::optional<Tracked> {
                 const auto number = static_cast<int>(in.zigzag());
                 if (!healthy && number == 70) return std::nullopt;
                 return Tracked{number};
             }});
    };
    World world;
    declare(world, true);
    std::vector<Entity> entities(100);
    world.create_many_from(std::span{entities},
                           [](std::size_t i) { return std::tuple{Tracked{static_cast<int>(i)}}; });
    const auto bytes = world.snapshot();
    ASSERT_TRUE(bytes.has_value());

    World failing;
    declare(failing, false);
    EXPECT_FALSE(failing.restore(*bytes).has_value());
    EXPECT_EQ(Tracked::living, 100);
    World copy;
    declare(copy, true);
    EXPECT_TRUE(copy.restore(*bytes).has_value());
    EXPECT_EQ(Tracked::living, 200);
    EXPECT_EQ(copy.get<Tracked>(entities[70]).checked(), 70);
}

}  // namespace
}  // namespace millrace::ecs
