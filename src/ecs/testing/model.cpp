// SPDX-License-Identifier: Apache-2.0
#include "testing/model.hpp"

#include <algorithm>
#include <type_traits>

namespace millrace::ecs::testing {
namespace {

/// Calls `use` with the model's member and a fresh value of the component that `number` names.
template <class Use>
void with_component(const Step& step, Use&& use) {
    switch (step.component % 4) {
        case 0: use(&ModelEntity::position, Position{1.0 * step.number, 0.5}); return;
        case 1: use(&ModelEntity::name, Name{std::string(step.number % 40, 'n')}); return;
        case 2: use(&ModelEntity::health, Health{step.number}); return;
        default: use(&ModelEntity::frozen, Frozen{}); return;
    }
}

template <class C>
bool agrees(World& world, Entity entity, const ModelComponent<C>& expected) {
    if (world.has<C>(entity) != expected.value.has_value()) return false;
    if (world.enabled<C>(entity) != expected.visible()) return false;
    if constexpr (DataComponent<C>)
        return !expected.value || world.get<const C>(entity) == *expected.value;
    return true;
}

/// Compares one query with the model's entities that `matches` accepts.
template <class... Terms, class Matches>
bool agrees(World& world, const std::map<Entity, ModelEntity>& model, Matches matches) {
    const auto query = world.query<Terms...>();
    std::size_t expected = 0;
    for (const auto& [entity, parts] : model) {
        expected += matches(parts) ? 1U : 0U;
        if (query.contains(entity) != matches(parts)) return false;
    }
    std::size_t in_loop = 0;
    bool right = true;
    for (const auto& row : query) {
        ++in_loop;
        const auto found = model.find(std::get<0>(row));
        right = right && found != model.end() && matches(found->second);
    }
    std::size_t in_each = 0;
    query.each([&](auto&&...) { ++in_each; });
    std::size_t in_chunks = 0;
    query.each_chunk([&](std::span<const Entity> run, auto&&...) { in_chunks += run.size(); });
    return right && in_loop == expected && in_each == expected && in_chunks == expected &&
           query.count() == expected && query.empty() == (expected == 0);
}

}  // namespace

ModelledWorld::ModelledWorld() : world_(std::make_unique<World>()) {
    register_all(*world_);
}

Entity ModelledWorld::pick(const Step& step) const {
    return handles_.empty() ? null_entity : handles_[step.entity % handles_.size()];
}

std::vector<Entity> ModelledWorld::pick_many(const Step& step) const {
    std::vector<Entity> result;
    const std::size_t stride = step.number % 5 == 0 ? 2 : 1;
    for (std::size_t i = step.entity % (handles_.size() + 1);
         i < handles_.size() && result.size() < step.number % 70; i += stride)
        result.push_back(handles_[i]);
    if (step.number % 7 == 0) std::reverse(result.begin(), result.end());
    return result;
}

template <class C>
std::vector<Entity> ModelledWorld::having(const std::vector<Entity>& entities,
                                          ModelComponent<C> ModelEntity::*member) const {
    std::vector<Entity> result;
    for (const Entity entity : entities) {
        const auto found = model_.find(entity);
        if (found != model_.end() && (found->second.*member).value) result.push_back(entity);
    }
    return result;
}

template <class C>
void ModelledWorld::note_change(Entity entity, bool changed) {
    if (std::is_same_v<C, Health> && changed) changed_.insert(entity);
}

void ModelledWorld::act(const Step& step) {
    const auto action = static_cast<Action>(step.action % actions);
    if (action < create_many)
        act_now(action, step);
    else if (action < create_later)
        act_on_many(action, step);
    else if (action < flush_now)
        act_later(action, step);
    else
        act_on_world(action, step);
}

void ModelledWorld::create_one(bool later, const Step& step) {
    with_component(step, [&]<class C>(ModelComponent<C> ModelEntity::*member, const C& value) {
        ModelEntity expected;
        (expected.*member).set(value);
        if (!later) {
            handles_.push_back(world_->create(value));
            model_[handles_.back()] = expected;
            changed_.insert(handles_.back());
            return;
        }
        const Entity made = world_->commands().create(value);
        handles_.push_back(made);
        deferred_.push_back([this, made, expected] {
            model_[made] = expected;
            changed_.insert(made);
        });
    });
}

void ModelledWorld::act_now(Action action, const Step& step) {
    if (action == create) return create_one(false, step);
    const Entity entity = pick(step);
    const auto found = model_.find(entity);
    if (action == destroy) {
        if (world_->destroy(entity)) model_.erase(entity);
        return;
    }
    if (found == model_.end()) return;
    with_component(step, [&]<class C>(ModelComponent<C> ModelEntity::*member, const C& value) {
        ModelComponent<C>& expected = found->second.*member;
        const bool was_visible = expected.visible();
        if (action == add) {
            world_->add(entity, value);
            expected.set(value);
        } else if (action == remove) {
            world_->remove<C>(entity);
            expected.clear();
        } else if (expected.value) {
            action == enable ? world_->enable<C>(entity) : world_->disable<C>(entity);
            expected.turn(action == enable);
        }
        note_change<C>(entity, action == add || expected.visible() != was_visible);
    });
}

void ModelledWorld::act_on_many(Action action, const Step& step) {
    if (action == create_many) {
        std::vector<Entity> made(step.number % 40);
        world_->create_many(std::span{made}, Health{step.number}, Frozen{});
        for (const Entity entity : made) {
            handles_.push_back(entity);
            model_[entity].health.set(Health{step.number});
            model_[entity].frozen.set(Frozen{});
            changed_.insert(entity);
        }
        return;
    }
    std::vector<Entity> picked = pick_many(step);
    if (action == destroy_many) {
        world_->destroy_many(picked);
        for (const Entity entity : picked)
            model_.erase(entity);
        return;
    }
    with_component(step, [&]<class C>(ModelComponent<C> ModelEntity::*member, const C& value) {
        if (action == add_many) {
            std::erase_if(picked, [&](Entity entity) { return !model_.contains(entity); });
            world_->add_many(std::span<const Entity>{picked}, value);
            for (const Entity entity : picked) {
                (model_[entity].*member).set(value);
                note_change<C>(entity, true);
            }
        } else if (action == remove_many) {
            world_->remove_many<C>(picked);
            for (const Entity entity : having(picked, member))
                (model_[entity].*member).clear();
        } else {
            action == enable_many ? world_->enable_many<C>(picked)
                                  : world_->disable_many<C>(picked);
            for (const Entity entity : having(picked, member)) {
                ModelComponent<C>& expected = model_[entity].*member;
                note_change<C>(entity, expected.on != (action == enable_many));
                expected.turn(action == enable_many);
            }
        }
    });
}

void ModelledWorld::act_later(Action action, const Step& step) {
    if (action == create_later) return create_one(true, step);
    const Entity entity = pick(step);
    Commands& commands = world_->commands();
    if (action == destroy_later) {
        commands.destroy(entity);
        deferred_.push_back([this, entity] { model_.erase(entity); });
        return;
    }
    with_component(step, [&]<class C>(ModelComponent<C> ModelEntity::*member, const C& value) {
        if (action == add_later)
            commands.add(entity, value);
        else if (action == remove_later)
            commands.remove<C>(entity);
        else
            action == enable_later ? commands.enable<C>(entity) : commands.disable<C>(entity);
        deferred_.push_back([this, entity, member, value, action] {
            const auto found = model_.find(entity);
            if (found == model_.end()) return;
            ModelComponent<C>& expected = found->second.*member;
            const bool was_visible = expected.visible();
            if (action == add_later)
                expected.set(value);
            else if (action == remove_later)
                expected.clear();
            else
                expected.turn(action == enable_later);
            note_change<C>(entity, action == add_later || expected.visible() != was_visible);
        });
    });
}

void ModelledWorld::act_on_world(Action action, const Step& step) {
    if (action == shuffle) {
        world_->shuffle_rows(step.number);
    } else if (action == take_mark) {
        mark_ = world_->mark();
        changed_.clear();
    } else if (action == save_and_restore) {
        save_and_restore_world();
    } else {
        flush();
    }
}

void ModelledWorld::save_and_restore_world() {
    flush();
    const auto bytes = world_->snapshot();
    world_ = std::make_unique<World>();
    register_all(*world_);
    mark_ = 0;
    // On a failure the new World stays empty, which the comparison finds.
    if (bytes) static_cast<void>(world_->restore(*bytes).has_value());
}

void ModelledWorld::flush() {
    world_->flush();
    for (const auto& change : deferred_)
        change();
    deferred_.clear();
}

std::optional<std::string> ModelledWorld::entity_difference(Entity entity,
                                                            const ModelEntity& expected) {
    if (!world_->alive(entity)) return "not alive";
    if (!agrees(*world_, entity, expected.position)) return "position";
    if (!agrees(*world_, entity, expected.name)) return "name";
    if (!agrees(*world_, entity, expected.health)) return "health";
    if (!agrees(*world_, entity, expected.frozen)) return "frozen";
    return std::nullopt;
}

std::optional<std::string> ModelledWorld::query_difference() {
    if (!agrees<const Name>(*world_, model_, [](const auto& e) { return e.name.visible(); }))
        return "query of names";
    if (!agrees<Position, const Health>(*world_, model_, [](const ModelEntity& e) {
            return e.position.visible() && e.health.visible();
        }))
        return "query of positions with health";
    if (!agrees<const Health, Optional<Name>, Without<Frozen>>(
            *world_, model_,
            [](const ModelEntity& e) { return e.health.visible() && !e.frozen.visible(); }))
        return "query of health without frozen";
    if (!agrees<With<Frozen>, Without<Name>, Optional<const Position>>(
            *world_, model_,
            [](const ModelEntity& e) { return e.frozen.visible() && !e.name.visible(); }))
        return "query of the frozen without name";
    return std::nullopt;
}

std::optional<std::string> ModelledWorld::difference() {
    if (world_->size() != model_.size()) return "number of entities";
    for (const Entity handle : handles_)
        if (world_->alive(handle) != model_.contains(handle)) return "a stale handle";
    for (const auto& [entity, expected] : model_)
        if (auto found = entity_difference(entity, expected))
            return *found + " of entity " + std::to_string(entity.index);
    if (misses_a_change()) return "a change that Changed does not see";
    return query_difference();
}

bool ModelledWorld::misses_a_change() {
    const auto query = world_->query<const Health, Changed<Health>>().since(mark_);
    std::set<Entity> seen;
    query.each([&](Entity entity, const Health&) { seen.insert(entity); });
    for (const auto& row : query)
        if (!seen.contains(std::get<0>(row))) return true;
    return query.count() != seen.size() ||
           std::any_of(changed_.begin(), changed_.end(), [&](Entity entity) {
               const auto found = model_.find(entity);
               return found != model_.end() && found->second.health.visible() &&
                      !(seen.contains(entity) && query.contains(entity));
           });
}

}  // namespace millrace::ecs::testing
