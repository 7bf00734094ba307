# SPDX-License-Identifier: Apache-2.0
# Libraries of the distribution; scripts/packages.txt names the packages. Nothing is vendored.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(date REQUIRED)
find_package(pugixml REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
# It asks for -pthread, with which the precompiled headers of other rooms are no good. The C library
# needs no such flag.
set_property(TARGET PkgConfig::re2 PROPERTY INTERFACE_COMPILE_OPTIONS "")
find_library(MILLRACE_CSV_LIBRARY csv REQUIRED)

# Header only, with no package file of its own.
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
if(MILLRACE_BENCH)
    find_package(benchmark REQUIRED)
endif()
