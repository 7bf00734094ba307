// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/store/store.hpp"

namespace millrace::store {

/// How a workflow came into the library.
enum class WorkflowOrigin : std::uint8_t {
    run = 0,   ///< only run from a file; its head is the version that was run last
    put = 1,   ///< saved by a person or a program
    file = 2,  ///< kept equal to a file, which is the place to change it
};

struct WorkflowEntry {
    std::string id;
    std::string name;  ///< these three are the head document's
    std::string folder;
    std::vector<std::string> tags;
    WorkflowOrigin origin = WorkflowOrigin::run;
    std::uint32_t head = 1;  ///< number of the version that is edited
    std::string head_hash;
    std::optional<std::uint32_t> active;  ///< the version that triggers start; none: inactive
    core::Time created_at;
    core::Time updated_at;  ///< when head, active version or origin changed last

    friend bool operator==(const WorkflowEntry&, const WorkflowEntry&) = default;
};

struct WorkflowFilter {
    std::string text;    ///< part of id or name, whatever the case of ASCII letters; empty: all
    std::string tag;     ///< empty: all
    std::string folder;  ///< this one or below it (`a/b` is below `a`); empty: all
    std::optional<WorkflowOrigin> origin;
    bool active_only = false;
};

struct WorkflowPage {
    std::vector<WorkflowEntry> items;        ///< last updated first
    std::optional<std::string> next_cursor;  ///< opaque; what changes meanwhile moves to the front
};

/// A version without its document.
struct VersionEntry {
    std::uint32_t number = 1;
    std::string hash;
    core::Time created_at;
    std::size_t bytes = 0;  ///< of the document
    bool is_head = false;
    bool is_active = false;

    friend bool operator==(const VersionEntry&, const VersionEntry&) = default;
};

/// A document to save as the head of its workflow.
struct WorkflowPut {
    std::string workflow_id;
    std::string hash;
    std::string document;  ///< as JSON; its `name`, `folder` and `tags` describe the workflow
    WorkflowOrigin origin = WorkflowOrigin::put;
    /// Nothing is saved and the call is a `conflict` unless this is the head; 0: there must be no
    /// such workflow. None: whatever the head is.
    std::optional<std::uint32_t> expected_head;
    bool activate = false;  ///< in the same commit
};

struct WorkflowSaved {
    WorkflowEntry entry;
    bool is_new = false;         ///< there was no such workflow
    bool has_changed = false;    ///< the head is another version than before, or it is new
    bool has_activated = false;  ///< the active version is another one than before
};

/// The workflows of a store: which there are, their versions, and which version is active.
/// Part of a Store and used like it: reading calls from any thread, writing ones by one at a time.
class Library {
public:
    virtual ~Library() = default;

    /// At most `limit` (1 to 1,000) that follow `cursor`; empty: from the first.
    virtual core::Result<WorkflowPage> list(const WorkflowFilter& filter, std::size_t limit,
                                            const std::string& cursor) = 0;
    /// `not_found` also after `remove`.
    virtual core::Result<WorkflowEntry> find(const std::string& workflow_id) = 0;
    /// Newest first: at most `limit` with numbers below `below`, 0: from the newest. Documents come
    /// from `Store::version`.
    virtual core::Result<std::vector<VersionEntry>> versions(const std::string& workflow_id,
                                                             std::size_t limit,
                                                             std::uint32_t below) = 0;

    /// Saves a version, or finds the one with the same hash, and makes it the head. Nothing is
    /// written when nothing would change. A `conflict` when a workflow that a file manages is put
    /// by somebody else, see `WorkflowOrigin`.
    virtual core::Result<WorkflowSaved> put(const WorkflowPut& wanted, core::Time now) = 0;
    /// Puts all of `puts` and takes all of `gone` out, active or not; all or none, in one
    /// transaction. What was put, in that order.
    virtual core::Result<std::vector<WorkflowSaved>> apply(std::span<const WorkflowPut> puts,
                                                           std::span<const std::string> gone,
                                                           core::Time now) = 0;
    /// Makes `number` the active version, or none; `not_found` when it was not saved.
    virtual core::Result<WorkflowEntry> set_active(const std::string& workflow_id,
                                                   std::optional<std::uint32_t> number,
                                                   core::Time now) = 0;
    /// Takes the workflow out of the library; a `conflict` while it is active. Its versions and
    /// executions stay, since those need them; putting it again continues their numbers.
    virtual core::Result<> remove(const std::string& workflow_id) = 0;
};

}  // namespace millrace::store
