# SPDX-License-Identifier: Apache-2.0
# Flags are targets, so that a reader of one CMakeLists.txt sees all that applies to it.

option(MILLRACE_ASSERTIONS "Check the standard library's preconditions" OFF)
option(MILLRACE_BASELINE "Use the instructions every x86-64 server since 2009 has" OFF)
option(MILLRACE_BENCH "Build bench/" OFF)
option(MILLRACE_COVERAGE "Count executed lines for gcov" OFF)
option(MILLRACE_FUZZ "Build libFuzzer targets too; needs clang" OFF)
option(MILLRACE_HEADER_CHECK "Offer the target header_check" OFF)
option(MILLRACE_PCH "Precompile headers" OFF)
option(MILLRACE_THREAD_CHECK "Offer the target thread_check" OFF)
option(MILLRACE_WERROR "Take warnings for errors" OFF)
set(MILLRACE_SANITIZE "" CACHE STRING "Value of -fsanitize=, empty for none")

# How code is compiled and linked.
add_library(millrace_options INTERFACE)
# A fused multiply-add rounds once instead of twice: results would depend on the processor.
target_compile_options(millrace_options INTERFACE -ffp-contract=off)
if(MILLRACE_MOLD)
    target_link_options(millrace_options INTERFACE -fuse-ld=mold)
endif()
if(MILLRACE_ASSERTIONS)
    target_compile_definitions(millrace_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(MILLRACE_BASELINE AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(millrace_options INTERFACE -march=x86-64-v2)
endif()
if(MILLRACE_SANITIZE)
    set(flags -fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(millrace_options INTERFACE ${flags})
    target_link_options(millrace_options INTERFACE ${flags})
endif()
if(MILLRACE_COVERAGE)
    target_compile_options(millrace_options INTERFACE --coverage -fprofile-abs-path)
    target_link_options(millrace_options INTERFACE --coverage)
endif()
if(MILLRACE_FUZZ)
    target_compile_options(millrace_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # libstdc++ 12 hides std::expected from clang 16, which implements concepts but does not yet
    # announce all of them in this macro.
    target_compile_options(
        millrace_options INTERFACE -D__cpp_concepts=202002L -Wno-builtin-macro-redefined
        -Wno-macro-redefined)
endif()

# What a compiler must not find.
add_library(millrace_warnings INTERFACE)
target_compile_options(millrace_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-align -Wextra-semi -Wvla
    # Designated initializers leave members to their defaults on purpose.
    -Wno-missing-field-initializers
    # Literals as inputs are a test's normal business; a narrowing one shows in its result.
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:MILLRACE_TEST>>>:-Wconversion>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(millrace_warnings INTERFACE
        $<$<BOOL:${MILLRACE_WERROR}>:-Werror>
        -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override
        # g++ 12 reports these wrongly inside inlined std::string, std::variant and std::optional
        # (GCC bugs 105651, 80635, 105562); they stay visible where they are not always wrong.
        -Wno-restrict -Wno-error=maybe-uninitialized -Wno-error=array-bounds
        -Wno-error=stringop-overflow -Wno-error=stringop-overread -Wno-error=free-nonheap-object)
endif()

add_library(millrace_build INTERFACE)
target_link_libraries(millrace_build INTERFACE millrace_options millrace_warnings)

# What nearly every source includes.
set(MILLRACE_COMMON_HEADERS
    <algorithm> <array> <charconv> <cmath> <compare> <concepts> <cstddef> <cstdint> <cstring>
    <expected> <functional> <iterator> <limits> <map> <memory> <new> <numeric> <optional>
    <ranges> <set> <span> <string> <string_view> <tuple> <type_traits> <utility> <variant>
    <vector>)
set(MILLRACE_TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h> <rapidcheck.h> <rapidcheck/gtest.h>)

# Headers that many targets have in common are precompiled once, for all of them: see
# millrace_precompile().
if(MILLRACE_PCH)
    set(generated ${CMAKE_BINARY_DIR}/pch/empty.cpp)
    file(CONFIGURE OUTPUT ${generated} CONTENT "// Carries a precompiled header.\n")
    add_library(millrace_pch OBJECT ${generated})
    target_link_libraries(millrace_pch PRIVATE millrace_build)
    target_precompile_headers(millrace_pch PRIVATE ${MILLRACE_COMMON_HEADERS})
    add_library(millrace_test_pch OBJECT ${generated})
    target_link_libraries(millrace_test_pch PRIVATE
        millrace_build GTest::gtest GTest::gmock rapidcheck)
    target_precompile_headers(millrace_test_pch PRIVATE
        ${MILLRACE_COMMON_HEADERS} ${MILLRACE_TEST_HEADERS})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND MILLRACE_CCACHE)
        # ccache compares preprocessed text; this keeps the header a reference in it.
        target_compile_options(millrace_options INTERFACE -fpch-preprocess)
    endif()
endif()

# millrace_precompile(<target> <from> [<header>...])
#
# Shares the precompiled header of <from>; with headers, as the target's sources spell them, the
# target has one of its own, of those and the common ones.
function(millrace_precompile target from)
    if(NOT MILLRACE_PCH)
        return()
    endif()
    if(ARGN)
        target_precompile_headers(${target} PRIVATE ${MILLRACE_COMMON_HEADERS} ${ARGN})
    else()
        target_precompile_headers(${target} REUSE_FROM ${from})
    endif()
endfunction()

# millrace_programs(<folder> <variable>)
#
# The names of all executables and modules that are built by default, in a folder and below it.
function(millrace_programs folder variable)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    set(programs)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        get_target_property(is_apart ${target} EXCLUDE_FROM_ALL)
        if(type MATCHES "^(EXECUTABLE|MODULE_LIBRARY)$" AND NOT is_apart)
            list(APPEND programs ${target})
        endif()
    endforeach()
    foreach(subfolder IN LISTS below)
        millrace_programs(${subfolder} found)
        list(APPEND programs ${found})
    endforeach()
    set(${variable} ${programs} PARENT_SCOPE)
endfunction()
