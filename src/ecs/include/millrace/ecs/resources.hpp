// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/ecs/detail/type_index.hpp"

namespace millrace::ecs {

/// One object per type, owned by the World: what belongs to no entity. Addresses are stable until
/// the resource is removed; what was inserted last ends first.
class Resources {
public:
    Resources() = default;
    ~Resources();
    Resources(const Resources&) = delete;
    Resources& operator=(const Resources&) = delete;

    /// Makes the resource from `arguments`; one of the same type that is there ends first.
    template <class T, class... Arguments>
    T& insert(Arguments&&... arguments) {
        auto made = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        T& result = *made;
        put(detail::type_index<Resources, T>(), Owned{made.release(), &end<T>});
        return result;
    }

    template <class T>
    [[nodiscard]] T* find() const noexcept {
        const std::uint32_t index = detail::type_index<Resources, T>();
        return index < by_type_.size() ? static_cast<T*>(by_type_[index].object) : nullptr;
    }

    /// Ends the resource; false when there was none.
    template <class T>
    bool remove() {
        return take(detail::type_index<Resources, T>());
    }

    [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }

private:
    struct Owned {
        void* object = nullptr;
        void (*end)(void*) = nullptr;
    };

    template <class T>
    static void end(void* object) {
        delete static_cast<T*>(object);
    }

    void put(std::uint32_t index, Owned owned);
    bool take(std::uint32_t index);

    std::vector<Owned> by_type_;
    std::vector<std::uint32_t> order_;  // of insertion
};

}  // namespace millrace::ecs
