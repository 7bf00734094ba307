// SPDX-License-Identifier: Apache-2.0
#include "routes/node_types/type_bodies.hpp"

#include <utility>

#include "api/etag.hpp"
#include "millrace/core/json.hpp"
#include "millrace/nodes/descriptor.hpp"

namespace millrace::server {

std::shared_ptr<const TypeBody> TypeBodies::of(const nodes::Registry::Definition& definition) {
    const core::NodeType& type = definition->type;
    const std::string key = type.type + "@" + std::to_string(type.version);
    {
        const std::scoped_lock lock{mutex_};
        const auto found = made_.find(key);
        if (found != made_.end() && found->second.of.lock() == definition)
            return found->second.body;
    }
    TypeBody made;
    made.json = core::to_json(nodes::to_value(type));
    made.etag = content_etag(made.json);
    made.schema = core::to_json(type.data_schema);
    made.schema_etag = content_etag(made.schema);
    auto body = std::make_shared<const TypeBody>(std::move(made));
    const std::scoped_lock lock{mutex_};
    made_[key] = {definition, body};
    return body;
}

}  // namespace millrace::server
