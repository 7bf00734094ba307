// SPDX-License-Identifier: Apache-2.0
#include "data_folder.hpp"

#include <filesystem>
#include <system_error>

namespace millrace::cli {

ChosenFolder chosen_folder(const Context& context) {
    if (!context.global.data.empty()) return {context.global.data, "--data"};
    const auto& environment = context.console.environment;
    if (const auto folder = environment("MILLRACE_DATA")) return {*folder, "$MILLRACE_DATA"};
    std::error_code ignored;
    if (std::filesystem::is_directory("millrace-data", ignored))
        return {"millrace-data", "./millrace-data is there"};
    // The XDG specification: a relative path there is to be ignored.
    if (const auto base = environment("XDG_DATA_HOME"); base && base->starts_with('/'))
        return {std::filesystem::path{*base} / "millrace", "$XDG_DATA_HOME"};
    if (const auto home = environment("HOME"))
        return {std::filesystem::path{*home} / ".local" / "share" / "millrace", "default"};
    return {"millrace-data", "default"};
}

std::vector<std::string> usual_folders(const Context& context) {
    const auto& environment = context.console.environment;
    std::vector<std::string> folders{"millrace-data"};
    if (const auto folder = environment("MILLRACE_DATA"); folder && !folder->empty())
        folders.push_back(*folder);
    if (const auto base = environment("XDG_DATA_HOME"); base && base->starts_with('/'))
        folders.push_back(*base + "/millrace");
    if (const auto home = environment("HOME"); home && home->starts_with('/'))
        folders.push_back(*home + "/.local/share/millrace");
    return folders;
}

store::OpenOptions chosen_store(const Context& context, store::OpenMode mode) {
    store::OpenOptions options;
    options.mode = mode;
    options.url = context.global.store;
    if (options.url.empty()) options.folder = chosen_folder(context).folder;
    return options;
}

std::string place_of(const store::OpenOptions& options) {
    // Never the whole of another kind of URL: it may hold a password.
    if (options.url.empty()) return options.folder.string();
    const bool is_known = options.url.starts_with("sqlite:") || options.url == "memory:";
    return is_known ? options.url : options.url.substr(0, options.url.find(':') + 1);
}

core::Result<std::unique_ptr<store::Store>> open_chosen(const Context& context,
                                                        store::OpenMode mode) {
    const store::OpenOptions options = chosen_store(context, mode);
    auto store = store::open_store(options);
    if (store) {
        context.console.say(Tone::dim, "data: " + one_line(place_of(options)));
    } else if (store.error().is(store::StoreErrc::not_found)) {
        return core::fail(store::StoreErrc::not_found,
                          "there is no data in " + place_of(options) +
                              " yet; `millrace run FILE` makes it, and --data DIR names another "
                              "folder");
    }
    return store;
}

}  // namespace millrace::cli
