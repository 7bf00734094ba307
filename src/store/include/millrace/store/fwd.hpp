// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::store {

class Cursors;
class DeadLetters;
class Feed;
class Idempotency;
class Library;
class NodeLibrary;
class ResultCache;
class Retention;
class Rollups;
class Schedules;
class Secrets;
class StartKeys;
class Store;
class TriggerCounts;
class Triggers;
class Variables;
class Waits;

struct BackupReport;
struct CompactReport;
struct Epoch;
struct ExecutionFilter;
struct ExecutionPage;
struct MigrationStatus;
struct OpenOptions;
struct Ownership;
struct StoredHistory;
struct StoreStatus;
struct WorkflowVersion;

}  // namespace millrace::store
