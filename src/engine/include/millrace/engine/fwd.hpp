// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::engine {

class ExecutionView;
class NodeBehaviour;
class NodeLibrary;
class Plan;
class PureJob;
class RowWriter;
class Shard;

struct Abort;
struct Answer;
struct CancelExecution;
struct CompileResult;
struct Completion;
struct CreateExecution;
struct Effect;
struct ExecutionRow;
struct Frame;
struct JournalRow;
struct NodeCall;
struct NodeDefinition;
struct NodeView;
struct PlanIdentity;
struct PortValue;
struct Record;
struct RecoverExecution;
struct RunKey;
struct ShardLimits;
struct ShardOptions;
struct SnapshotRow;
struct StoredExecution;
struct TraceContext;

}  // namespace millrace::engine
