// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/commands.hpp"

namespace millrace::ecs {

Commands::Commands(Commands&& other) noexcept
    : rows_(other.rows_),
      registry_(other.registry_),
      operations_(std::exchange(other.operations_, {})),
      arena_(std::exchange(other.arena_, {})) {}

void Commands::destroy(Entity entity) {
    operations_.push_back({Kind::destroy, entity, nullptr, nullptr});
}

void Commands::destroy_payload(const Operation& operation) noexcept {
    if (operation.payload == nullptr) return;
    const detail::Bundle& bundle = *operation.bundle;
    for (std::size_t i = 0; i < bundle.count; ++i)
        bundle.types[i]->end_values(operation.payload + bundle.payload_offsets[i], 1);
}

void Commands::discard() noexcept {
    for (const Operation& operation : operations_) {
        destroy_payload(operation);
        if (operation.kind == Kind::create) rows_->entities.cancel(operation.entity);
    }
    operations_.clear();
    arena_.reset();
}

}  // namespace millrace::ecs
