// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::runtime {

class Clock;
class Functions;
class Log;
class Observer;
class Runtime;

struct CommittedRow;
struct FunctionContext;
struct HttpOptions;
struct RecoverReport;
struct RuntimeLimits;
struct RuntimeOptions;
struct SavedWorkflow;
struct StartRequest;

}  // namespace millrace::runtime
