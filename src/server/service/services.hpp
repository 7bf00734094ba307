// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/log.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/server/options.hpp"

namespace millrace::server {

class EventDispatcher;
class EventHub;
class FileWorkflows;
class Health;
class Metrics;
class Scheduler;
class TriggerTable;
class Webhooks;
class WorkflowCatalog;

/// What routes work with. Lives as long as the server.
struct Services {
    runtime::Runtime& runtime;
    nodes::Registry& registry;
    runtime::Vault& vault;
    runtime::Log& log;
    EventHub& events;
    FileWorkflows& files;
    Health& health;
    WorkflowCatalog& catalog;
    TriggerTable& triggers;
    Webhooks& webhooks;
    EventDispatcher& dispatcher;
    Scheduler& scheduler;
    Metrics& metrics;
    const ServerOptions& options;
    std::string version;
    /// Does `task` on a work thread.
    std::function<void(std::function<void()>)> work;
    /// Does `task` on the connections' thread, not before `delay` has passed.
    std::function<void(core::Duration delay, std::function<void()> task)> later;
};

}  // namespace millrace::server
