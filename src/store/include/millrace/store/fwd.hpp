// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::store {

class DeadLetters;
class Library;
class ResultCache;
class Secrets;
class Store;

struct BackupReport;
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
