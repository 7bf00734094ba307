// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/node_library.hpp"

#include <algorithm>

#include "millrace/store/store.hpp"
#include "node_rules.hpp"
#include "part_rules.hpp"

namespace millrace::store {

namespace {

bool is_word_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
           (static_cast<unsigned char>(letter) & 0x80) != 0;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    bool is_within = false;
    for (const char letter : folded(text)) {
        if (is_word_letter(letter)) {
            if (!is_within) words.emplace_back();
            words.back() += letter;
        }
        is_within = is_word_letter(letter);
    }
    return words;
}

bool has_words(const LibraryNode& node, std::string_view text) {
    std::string all = node.id + ' ' + node.name + ' ' + node.description + ' ' + node.type;
    for (const std::string& tag : node.tags)
        all += ' ' + tag;
    const std::vector<std::string> words = words_of(all);
    return std::ranges::all_of(words_of(text), [&](const std::string& wanted) {
        return std::ranges::any_of(
            words, [&](const std::string& word) { return word.starts_with(wanted); });
    });
}

core::Error was_changed(const LibraryNode& stored) {
    return {StoreErrc::conflict, "node " + stored.id + " was changed meanwhile: it is version " +
                                     std::to_string(stored.version) + ", revision " +
                                     std::to_string(stored.revision) +
                                     "; read it again and repeat the change"};
}

}  // namespace

std::string_view to_text(NodeLifecycle lifecycle) {
    switch (lifecycle) {
        case NodeLifecycle::draft: return "draft";
        case NodeLifecycle::published: return "published";
        case NodeLifecycle::deprecated: return "deprecated";
    }
    return "draft";
}

std::optional<NodeLifecycle> parse_node_lifecycle(std::string_view text) {
    for (const NodeLifecycle lifecycle :
         {NodeLifecycle::draft, NodeLifecycle::published, NodeLifecycle::deprecated})
        if (to_text(lifecycle) == text) return lifecycle;
    return std::nullopt;
}

bool matches(const LibraryNodeFilter& filter, const LibraryNode& node) {
    return (!filter.workflow_id || node.workflow_id == *filter.workflow_id) &&
           (!filter.type || node.type == *filter.type) &&
           (!filter.tag || std::ranges::find(node.tags, *filter.tag) != node.tags.end()) &&
           (!filter.lifecycle || node.lifecycle == *filter.lifecycle) &&
           (!filter.is_public || node.is_public == *filter.is_public) &&
           (filter.text.empty() || has_words(node, filter.text));
}

core::Error node_not_found(const std::string& id) {
    return {StoreErrc::not_found, "there is no node " + id + " in the library"};
}

core::Result<LibraryNode> next_node(const LibraryNodePut& put, const LibraryNode* stored,
                                    core::Time now) {
    LibraryNode next = put.node;
    next.updated_at = now;
    if (stored == nullptr) {
        if (put.node.version != 0) {
            return core::fail(StoreErrc::conflict, "node " + put.node.id +
                                                       " was deleted from the library meanwhile; "
                                                       "save it as a new one");
        }
        next.version = 1;
        next.revision = 1;
        next.created_at = now;
        return next;
    }
    if (put.node.version == 0) {
        return core::fail(StoreErrc::conflict, "there is a node " + put.node.id +
                                                   " in the library already; choose another id");
    }
    if (put.node.version != stored->version || put.node.revision != stored->revision)
        return std::unexpected(was_changed(*stored));
    next.created_at = stored->created_at;
    if (put.is_new_version) {
        next.version = stored->version + 1;
        next.revision = 1;
        return next;
    }
    if (!(next.node == stored->node)) {
        return core::fail(StoreErrc::bad_argument,
                          "node " + put.node.id + " is another one now, which needs a new version");
    }
    next.revision = stored->revision + 1;
    return next;
}

LibraryNodeVersion version_of(const LibraryNodePut& put, const LibraryNode& node) {
    return {node.version, node.revision,      node.node,      put.comment,
            put.by,       put.changed_fields, node.updated_at};
}

}  // namespace millrace::store
