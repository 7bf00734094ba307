# SPDX-License-Identifier: Apache-2.0
# millrace_embed(<target> <name> <file>...)
#
# Compiles files into a target. Its sources reach them by
#     #include "embedded/<name>.hpp"
#     for (const auto& [path, content] : millrace::embedded::<name>::files()) ...
# in the order given; `path` is relative to the project's folder.
function(millrace_embed target name)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated)
    set(stem ${folder}/embedded/${name})
    list(TRANSFORM ARGN REPLACE "^${CMAKE_SOURCE_DIR}/" "" OUTPUT_VARIABLE paths)
    list(JOIN paths "\n" listed)
    # The list is an input, so that a removed file also leaves the binary.
    file(CONFIGURE OUTPUT ${stem}.list CONTENT "${listed}\n")
    add_custom_command(
        OUTPUT ${stem}.cpp ${stem}.hpp
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DROOT=${CMAKE_SOURCE_DIR} -DSTEM=${stem}
                -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
        DEPENDS ${stem}.list ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake ${ARGN}
        COMMENT "Embedding ${name}"
        VERBATIM)
    target_sources(${target} PRIVATE ${stem}.cpp ${stem}.hpp)
    target_include_directories(${target} PRIVATE ${folder})
endfunction()
