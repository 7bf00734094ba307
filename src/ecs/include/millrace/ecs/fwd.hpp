// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace millrace::ecs {

struct Entity;
class World;
class Commands;
class Schedule;
struct System;
class Resources;
class Profiler;
class SystemObserver;
struct WorldOptions;
struct WorldStats;
struct ArchetypeStats;
struct ProfileReport;
class Signature;
template <class... Terms>
class Query;
template <class C>
struct Codec;

/// Counts marks of one World; a larger version was written later. See World::mark().
using Version = std::uint64_t;

}  // namespace millrace::ecs
