// SPDX-License-Identifier: Apache-2.0
#include "failures.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace millrace::runtime {
namespace {

struct Meaning {
    core::ErrorClass error_class = core::ErrorClass::internal;
    std::string_view code = "io_error";
    std::string text;
    bool recoverable = false;
};

Meaning meaning_of(int error) {
    using enum core::ErrorClass;
    switch (error) {
        case ENOENT: return {validation, "file_not_found", "there is no such file", false};
        case ENOTDIR: return {validation, "not_a_folder", "what should be a folder is none", false};
        case EISDIR: return {validation, "not_a_file", "it is a folder", false};
        case EEXIST: return {validation, "file_exists", "it exists already", false};
        case ENAMETOOLONG: return {validation, "bad_path", "the name is too long", false};
        case ELOOP:
            return {validation, "not_allowed",
                    "it is a symbolic link, and those are not followed; name what it leads to",
                    false};
        case EACCES:
        case EPERM:
            return {validation, "no_permission",
                    "the operating system does not let this process do that", false};
        case EROFS: return {validation, "no_permission", "the file system is read-only", false};
        case ENOSPC:
        case EDQUOT: return {limit, "disk_full", "there is no space left", true};
        case EFBIG: return {limit, "disk_full", "the file would grow beyond what is allowed", true};
        case EMFILE:
        case ENFILE: return {limit, "too_many_open_files", "too many files are open", true};
        default: return {internal, "io_error", std::generic_category().message(error), true};
    }
}

}  // namespace

core::Failure make_failure(core::ErrorClass error_class, std::string_view code, std::string message,
                           bool recoverable) {
    core::Failure failure;
    failure.code = code;
    failure.error_class = error_class;
    failure.message = std::move(message);
    failure.recoverable = recoverable;
    return failure;
}

std::unexpected<core::Failure> refused(std::string_view code, std::string message) {
    return std::unexpected{
        make_failure(core::ErrorClass::validation, code, std::move(message), false)};
}

core::Failure file_failure(int error, std::string_view action, std::string_view path) {
    Meaning meaning = meaning_of(error);
    return make_failure(
        meaning.error_class, meaning.code,
        "cannot " + std::string{action} + " " + std::string{path} + ": " + meaning.text,
        meaning.recoverable);
}

}  // namespace millrace::runtime
