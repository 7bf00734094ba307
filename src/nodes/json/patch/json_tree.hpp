// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// A value that is being changed in many places. Arrays and objects become changeable where they
/// are reached, once; what is not touched stays the shared value that it was.
class JsonTree {
public:
    explicit JsonTree(core::Value value = {}) : value_{std::move(value)} {}

    bool is_array() const { return elements_ != nullptr || (!members_ && value_.is_array()); }
    bool is_object() const { return members_ != nullptr || (!elements_ && value_.is_object()); }

    /// The number of elements; 0 unless this is an array.
    std::size_t size() const;
    /// An element of an array that has it, or a member; null pointer where there is none.
    JsonTree* element(std::size_t index);
    JsonTree* member(std::string_view key);

    void insert(std::size_t index, core::Value value);  ///< index <= size()
    void set(std::string_view key, core::Value value);  ///< new ones come last
    void erase(std::size_t index);                      ///< index < size()
    void erase(std::string_view key);
    void replace(core::Value value);

    /// The value as it is now. The tree is as deep as the paths that were followed in it.
    core::Value value() const;

private:
    struct Member;
    struct Members {
        std::vector<Member> list;  // removed ones stay as holes, so that places keep their meaning
        std::map<std::string, std::size_t, std::less<>> places;
    };

    std::vector<JsonTree>& elements();
    Members& members();

    core::Value value_;
    std::unique_ptr<std::vector<JsonTree>> elements_;
    std::shared_ptr<Members> members_;
};

struct JsonTree::Member {
    std::string key;
    std::optional<JsonTree> tree;
};

}  // namespace millrace::nodes
