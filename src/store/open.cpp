// SPDX-License-Identifier: Apache-2.0
#include "millrace/store/open.hpp"

#include "folder_lock.hpp"
#include "location.hpp"
#include "sqlite/sqlite_store.hpp"

namespace millrace::store {

core::Result<std::unique_ptr<Store>> open_store(const OpenOptions& options) {
    const bool owns = options.mode == OpenMode::own;
    const auto location = owns ? locate(options) : locate_file(options);
    if (!location) return std::unexpected(location.error());
    if (location->in_memory) return open_memory_store(options.feed_bytes_max);
    if (owns && !location->folder.empty()) {
        if (auto created = create_folder(location->folder); !created)
            return std::unexpected(created.error());
    }
    sqlite::SqliteOptions wanted;
    wanted.path = location->database;
    wanted.lock = location->lock;
    wanted.mode = options.mode;
    wanted.migrate = options.migrate;
    wanted.feed_bytes_max = options.feed_bytes_max;
    auto store = sqlite::SqliteStore::open(wanted);
    if (!store) return std::unexpected(store.error());
    return std::move(*store);
}

}  // namespace millrace::store
