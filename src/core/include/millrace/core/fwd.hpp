// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::core {

class BinaryReader;
class BinaryWriter;
class Error;
class NodeTypeCatalog;
class ObjectBuilder;
class SchemaCheck;
class Value;

struct ByteSize;
struct ConnectionSpec;
struct Document;
struct Duration;
struct Event;
struct Failure;
struct JsonLimits;
struct Member;
struct NodeSpec;
struct NodeType;
struct PortDescriptor;
struct PortRef;
struct Problem;
struct RetryPolicy;
struct Settings;
struct Time;
struct Uuid;

}  // namespace millrace::core
