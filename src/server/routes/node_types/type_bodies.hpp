// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "millrace/nodes/registry.hpp"

namespace millrace::server {

/// A node type as its answers say it.
struct TypeBody {
    std::string json;
    std::string etag;
    std::string schema;  ///< of its data
    std::string schema_etag;
};

/// The answers about node types, made once for each: a definition never changes. Thread-safe.
class TypeBodies {
public:
    std::shared_ptr<const TypeBody> of(const nodes::Registry::Definition& definition);

private:
    struct Made {
        std::weak_ptr<const engine::NodeDefinition> of;
        std::shared_ptr<const TypeBody> body;
    };
    std::mutex mutex_;
    std::map<std::string, Made> made_;  // by type and version; guarded by mutex_
};

}  // namespace millrace::server
