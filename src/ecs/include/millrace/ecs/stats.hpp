// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace millrace::ecs {

/// How much a World holds. Bytes are those of chunks and of the entity table, not of what
/// components own elsewhere.
struct WorldStats {
    std::size_t entities = 0;
    std::size_t archetypes = 0;
    std::size_t chunks = 0;          ///< that hold rows
    std::size_t queries = 0;         ///< sets of components that queries asked for so far
    std::size_t bytes_used = 0;      ///< handles, values and slots of living entities
    std::size_t bytes_reserved = 0;  ///< what the World has taken for itself, spare chunks too
};

/// The same of one archetype.
struct ArchetypeStats {
    std::vector<std::string> components;  ///< names, "#id" for one that was never registered
    std::size_t entities = 0;
    std::size_t chunks = 0;
    std::size_t rows_per_chunk = 0;
    std::size_t bytes_used = 0;
    std::size_t bytes_reserved = 0;
};

}  // namespace millrace::ecs
