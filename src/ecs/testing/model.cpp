// SPDX-License-Identifier: Apache-2.0
#include "testing/model.hpp"

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

void ModelledWorld::act(const Step& step) {
    const auto action = static_cast<Action>(step.action % actions);
    if (action < create_later)
        act_now(action, step);
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
            return;
        }
        const Entity made = world_->commands().create(value);
        handles_.push_back(made);
        deferred_.push_back([this, made, expected] { model_[made] = expected; });
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
            if (action == add_later)
                expected.set(value);
            else if (action == remove_later)
                expected.clear();
            else
                expected.turn(action == enable_later);
        });
    });
}

void ModelledWorld::act_on_world(Action action, const Step& step) {
    if (action == shuffle)
        world_->shuffle_rows(step.number);
    else if (action == save_and_restore)
        save_and_restore_world();
    else
        flush();
}

void ModelledWorld::save_and_restore_world() {
    flush();
    const auto bytes = world_->snapshot();
    world_ = std::make_unique<World>();
    register_all(*world_);
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
    return query_difference();
}

}  // namespace millrace::ecs::testing
