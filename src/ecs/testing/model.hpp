// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "millrace/ecs/world.hpp"
#include "testing/components.hpp"

namespace millrace::ecs::testing {

/// One component of one entity as the model sees it.
template <class C>
struct ModelComponent {
    std::optional<C> value;
    bool on = true;

    void set(C to) {
        value = std::move(to);
        on = true;
    }
    void clear() {
        value.reset();
        on = true;
    }
    void turn(bool to) {
        if (value) on = to;
    }
    [[nodiscard]] bool visible() const { return value && on; }
};

struct ModelEntity {
    ModelComponent<Position> position;
    ModelComponent<Name> name;
    ModelComponent<Health> health;
    ModelComponent<Frozen> frozen;
};

/// What happens in one step; numbers beyond a range wrap around.
struct Step {
    std::uint8_t action = 0;
    std::uint8_t entity = 0;
    std::uint8_t component = 0;
    std::uint32_t number = 0;
};

/// A World beside the most obvious thing that should behave like it: a map of entities. Actions
/// are done to both, then everything that can be asked is compared.
class ModelledWorld {
public:
    ModelledWorld();

    void act(const Step& step);
    /// Where the two differ, or nothing. Commands must have been flushed.
    [[nodiscard]] std::optional<std::string> difference();
    void flush();

private:
    enum Action : std::uint8_t {
        create,
        destroy,
        add,
        remove,
        enable,
        disable,
        create_many,
        destroy_many,
        add_many,
        remove_many,
        enable_many,
        disable_many,
        create_later,
        destroy_later,
        add_later,
        remove_later,
        enable_later,
        disable_later,
        flush_now,
        take_mark,
        shuffle,
        save_and_restore,
        actions
    };

    void act_now(Action action, const Step& step);
    void act_on_many(Action action, const Step& step);
    void act_later(Action action, const Step& step);
    void act_on_world(Action action, const Step& step);
    void create_one(bool later, const Step& step);
    void save_and_restore_world();
    /// A handle given out earlier, alive or not.
    [[nodiscard]] Entity pick(const Step& step) const;
    /// Some neighbours among the handles given out, sometimes backwards or every other one.
    [[nodiscard]] std::vector<Entity> pick_many(const Step& step) const;
    /// The living ones that have the component whose member this is.
    template <class C>
    [[nodiscard]] std::vector<Entity> having(const std::vector<Entity>& entities,
                                             ModelComponent<C> ModelEntity::*member) const;

    [[nodiscard]] std::optional<std::string> entity_difference(Entity entity,
                                                               const ModelEntity& expected);
    [[nodiscard]] std::optional<std::string> query_difference();
    template <class C>
    void note_change(Entity entity, bool changed);
    [[nodiscard]] bool misses_a_change();

    std::unique_ptr<World> world_;
    std::map<Entity, ModelEntity> model_;
    std::vector<Entity> handles_;
    Version mark_ = 0;
    std::set<Entity> changed_;  // whose health was written, came or was switched since the mark
    std::vector<std::function<void()>> deferred_;  // the model's side of the commands
};

}  // namespace millrace::ecs::testing
