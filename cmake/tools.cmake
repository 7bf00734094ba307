# SPDX-License-Identifier: Apache-2.0
# ccache and mold shorten the wait for a build; neither is needed for one.

find_program(MILLRACE_CCACHE ccache)
if(MILLRACE_CCACHE)
    # ccache refuses objects built with a precompiled header unless it may trust the header's
    # recorded macros and ignore __TIME__; we use neither __TIME__ nor __DATE__.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${MILLRACE_CCACHE})
endif()

find_program(MILLRACE_MOLD mold)
