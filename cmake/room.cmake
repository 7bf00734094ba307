# SPDX-License-Identifier: Apache-2.0
# A room is a folder under src/: a library, its tests and its fuzz targets, found by name.

# Reads cmake/rooms.txt into MILLRACE_ROOMS, lowest first, and MILLRACE_ROOMS_BELOW_<room>.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/rooms.txt)
file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/rooms.txt lines REGEX "^[a-z]+:")
foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+): *(.*)$" matched "${line}")
    list(APPEND MILLRACE_ROOMS ${CMAKE_MATCH_1})
    string(REPLACE " " ";" MILLRACE_ROOMS_BELOW_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()

# millrace_room(<name> [THREADED] [LARGE] [PROGRAM <executable>] [LIBS <target>...]
#               [PCH <header>...])
#
# Makes millrace::<name> of all sources in the current folder and its subfolders, <name>_test of
# *.test.cpp and testing/*.cpp, and in the asan preset <stem>_fuzz of each <stem>.fuzz.cpp.
# Only include/ is visible to other rooms. With PROGRAM, main.cpp becomes that executable. PCH are
# headers that most of the library's sources include. THREADED rooms are part of thread_check; LARGE
# ones, which take the sanitizers too long for every time, of thread_check_large, and their fuzz
# targets are built on demand.
function(millrace_room name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "THREADED;LARGE" "PROGRAM" "LIBS;PCH")
    set(room ${CMAKE_CURRENT_SOURCE_DIR})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${room}/*.cpp)
    set(tests ${sources})
    set(fuzzers ${sources})
    list(FILTER sources EXCLUDE REGEX
        "(\\.test\\.cpp|\\.fuzz\\.cpp|/(testing|examples)/[^/]*|/main\\.cpp)$")
    list(FILTER tests INCLUDE REGEX "(\\.test\\.cpp|/testing/[^/]*)$")
    list(FILTER fuzzers INCLUDE REGEX "\\.fuzz\\.cpp$")

    if(sources)
        set(scope PUBLIC)
        add_library(millrace_${name} STATIC ${sources})
        target_include_directories(millrace_${name} PRIVATE ${room})
        target_link_libraries(millrace_${name} PRIVATE millrace_build ${arg_LIBS})
        millrace_precompile(millrace_${name} millrace_pch ${arg_PCH})
    else()
        set(scope INTERFACE)
        add_library(millrace_${name} INTERFACE)
    endif()
    add_library(millrace::${name} ALIAS millrace_${name})
    target_include_directories(millrace_${name} ${scope} ${room}/include)
    foreach(below IN LISTS MILLRACE_ROOMS_BELOW_${name})
        if(TARGET millrace_${below})
            target_link_libraries(millrace_${name} ${scope} millrace_${below})
        endif()
    endforeach()

    if(arg_PROGRAM AND EXISTS ${room}/main.cpp)
        add_executable(${arg_PROGRAM} ${room}/main.cpp)
        target_include_directories(${arg_PROGRAM} PRIVATE ${room})
        target_link_libraries(${arg_PROGRAM} PRIVATE millrace_build millrace_${name} ${arg_LIBS})
    endif()
    if(MILLRACE_FUZZ)
        set(fuzzers_list fuzzers)
        if(arg_LARGE)
            set(fuzzers_list fuzzers-on-demand)
        endif()
        millrace_fuzz_targets(${fuzzers_list} "${fuzzers}" millrace_${name} ${arg_LIBS})
    endif()
    if(tests)
        millrace_test(${name}_test SOURCES ${tests} LIBS millrace_${name} ${arg_LIBS})
        target_include_directories(${name}_test PRIVATE ${room})
    endif()
    if(MILLRACE_HEADER_CHECK)
        millrace_header_check(${name} "${arg_LIBS}")
    endif()
    if(MILLRACE_THREAD_CHECK AND arg_THREADED)
        set(group thread_check)
        if(arg_LARGE)
            set(group thread_check_large)
        endif()
        millrace_thread_check(${name} ${group} "${sources}" "${tests}" "${arg_LIBS}")
    endif()
endfunction()

# <name>_thread_test: the room's tests, with the room itself and the threaded ones below it under
# the thread sanitizer. The other rooms start no thread; they are linked as they are. Builds only by
# the target <group>.
function(millrace_thread_check name group sources tests libs)
    set(flags -fsanitize=thread -fno-omit-frame-pointer)
    set(checked millrace_${name}_threads)
    add_library(${checked} STATIC EXCLUDE_FROM_ALL ${sources})
    target_compile_options(${checked} PUBLIC ${flags})
    target_link_options(${checked} PUBLIC ${flags})
    target_include_directories(${checked} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_include_directories(${checked} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(${checked} PRIVATE millrace_build ${libs})
    foreach(below IN LISTS MILLRACE_ROOMS_BELOW_${name})
        if(TARGET millrace_${below}_threads)
            target_link_libraries(${checked} PUBLIC millrace_${below}_threads)
        elseif(TARGET millrace_${below})
            target_link_libraries(${checked} PUBLIC millrace_${below})
        endif()
    endforeach()
    get_property(defined TARGET millrace_${name} PROPERTY COMPILE_DEFINITIONS)
    target_compile_definitions(${checked} PRIVATE ${defined})

    set(test ${name}_thread_test)
    add_executable(${test} EXCLUDE_FROM_ALL ${tests})
    target_include_directories(${test} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${test} PRIVATE millrace_build ${checked} ${libs}
        GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
    target_compile_definitions(${test} PRIVATE MILLRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_target_properties(${test} PROPERTIES MILLRACE_TEST ON)
    if(MILLRACE_PCH)
        target_precompile_headers(${checked} PRIVATE ${MILLRACE_COMMON_HEADERS})
        target_precompile_headers(${test} PRIVATE
            ${MILLRACE_COMMON_HEADERS} ${MILLRACE_TEST_HEADERS})
    endif()
    if(NOT TARGET ${group})
        add_custom_target(${group})
    endif()
    add_dependencies(${group} ${test})
endfunction()

# millrace_test(<name> SOURCES <file>... [LIBS <target>...])
#
# A GoogleTest executable, known to ctest under its own name. Asking it for its test cases at
# build time would cost more than running most of them, so ctest sees it as one test.
function(millrace_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE
        millrace_build ${arg_LIBS} GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
    target_compile_definitions(${name} PRIVATE MILLRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_target_properties(${name} PROPERTIES MILLRACE_TEST ON)
    millrace_precompile(${name} millrace_test_pch)
    add_test(NAME ${name} COMMAND ${name})
endfunction()

# millrace_fuzz_targets(<list> "<file>..." <linked target>...)
#
# <stem>_fuzz of each <stem>.fuzz.cpp, unless there is one already. <list>.txt in the build folder
# tells scripts/test which there are and where their seeds lie.
function(millrace_fuzz_targets list fuzzers)
    foreach(source IN LISTS fuzzers)
        get_filename_component(stem ${source} NAME)
        string(REGEX REPLACE "\\.fuzz\\.cpp$" "" stem ${stem})
        if(TARGET ${stem}_fuzz)
            continue()
        endif()
        add_executable(${stem}_fuzz ${source})
        target_include_directories(${stem}_fuzz PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
        target_link_libraries(${stem}_fuzz PRIVATE millrace_build ${ARGN})
        target_link_options(${stem}_fuzz PRIVATE -fsanitize=fuzzer)
        set_property(GLOBAL APPEND_STRING PROPERTY MILLRACE_${list}
            "${stem}_fuzz ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${stem}\n")
    endforeach()
    get_property(lines GLOBAL PROPERTY MILLRACE_${list})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${list}.txt CONTENT "${lines}")
endfunction()

# millrace_fuzzed_apart(<room> <name> SOURCES <file>... FUZZERS <file>... [LIBS <target>...])
#
# Before millrace_room(<room>): the sanitizers take minutes for a whole large room, so these fuzz
# targets are linked with the few sources that they need, as millrace_<room>_<name>. Of the rooms
# below only format, what is under it and LIBS are linked; the headers of all are there.
function(millrace_fuzzed_apart room name)
    if(NOT MILLRACE_FUZZ)
        return()
    endif()
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;FUZZERS;LIBS")
    set(library millrace_${room}_${name})
    add_library(${library} STATIC EXCLUDE_FROM_ALL ${arg_SOURCES})
    target_include_directories(${library} PUBLIC
        ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    foreach(below IN LISTS MILLRACE_ROOMS_BELOW_${room})
        target_include_directories(${library} PUBLIC ${CMAKE_SOURCE_DIR}/src/${below}/include)
    endforeach()
    target_link_libraries(${library} PUBLIC millrace_build millrace_format ${arg_LIBS})
    list(TRANSFORM arg_FUZZERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    millrace_fuzz_targets(fuzzers "${arg_FUZZERS}" ${library})
endfunction()

# Compiles every header that other rooms see alone and twice: it must bring what it needs, and no
# more once it is there. Builds only by the target header_check.
function(millrace_header_check name libs)
    set(room ${CMAKE_CURRENT_SOURCE_DIR})
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${room} ${room}/include/*.hpp)
    if(NOT TARGET header_check)
        add_custom_target(header_check)
    endif()
    set(units)
    foreach(header IN LISTS headers)
        string(REGEX REPLACE "^include/" "" spelled ${header})
        set(unit ${CMAKE_CURRENT_BINARY_DIR}/header_check/${header}.cpp)
        file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${spelled}\"\n#include \"${spelled}\"\n")
        list(APPEND units ${unit})
    endforeach()
    if(units)
        add_library(${name}_header_check OBJECT EXCLUDE_FROM_ALL ${units})
        target_include_directories(${name}_header_check PRIVATE ${room} ${room}/include)
        target_link_libraries(${name}_header_check PRIVATE
            millrace_build millrace_${name} ${libs} GTest::gtest GTest::gmock rapidcheck)
        add_dependencies(header_check ${name}_header_check)
    endif()
endfunction()
