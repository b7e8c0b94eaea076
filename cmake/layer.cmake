# A layer is a library whose headers are seen only by those who link it: its own include root holds one link to its folder, so
# `#include "wire/sse.h"` fails to compile in a target that does not link `wire`. The build enforces the layers, and
# tests/test_layers.py has the table of which may see which.
#
#   pushbench_layer(loadgen_run loadgen/run LINK loadgen_target)
#
# makes the library of a folder, which is a path from the project's root (or, where there is none such, the prefix of the
# folder that calls): every source in it and in the folders below it, but
# for main.cc. SOURCES: only these. HEADERS: only these are seen, of a folder whose subfolders are layers of their own.
function(pushbench_layer name folder)
  cmake_parse_arguments(LAYER "" "" "SOURCES;HEADERS;LINK" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  set(source ${PROJECT_SOURCE_DIR}/${folder})
  if(NOT EXISTS ${source})
    set(source ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  if(LAYER_HEADERS)
    file(MAKE_DIRECTORY ${root}/${folder})
    foreach(header IN LISTS LAYER_HEADERS)
      file(CREATE_LINK ${source}/${header} ${root}/${folder}/${header} SYMBOLIC)
    endforeach()
  else()
    get_filename_component(parent ${root}/${folder} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${source} ${root}/${folder} SYMBOLIC)
  endif()
  if(NOT LAYER_SOURCES)
    file(GLOB_RECURSE LAYER_SOURCES CONFIGURE_DEPENDS ${source}/*.cc)
    list(FILTER LAYER_SOURCES EXCLUDE REGEX "/main\\.cc$")
  endif()
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_include_directories(${name} PUBLIC ${root})
  target_link_libraries(${name} PUBLIC ${LAYER_LINK})
  pushbench_warnings(${name})
  pushbench_precompile(${name} std)
endfunction()

# Two thirds of the time of compiling a source go into the standard library's headers, fmt's and GoogleTest's: they are
# compiled once for all targets. `set` is std, or test for what includes GoogleTest. Every source includes what it uses all the
# same: a build without precompiled headers (CMAKE_DISABLE_PRECOMPILE_HEADERS=ON) must pass too.
set(PUSHBENCH_STD_HEADERS <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstring> <deque>
  <functional> <map> <memory> <optional> <random> <span> <stdexcept> <string> <string_view> <thread> <unordered_map>
  <utility> <vector> <fmt/format.h>)
function(pushbench_precompile name set)
  set(owner pushbench_${set}_headers)
  if(NOT TARGET ${owner})
    file(WRITE ${CMAKE_BINARY_DIR}/${owner}.cc.new "// The owner of precompiled headers needs a source.\n")
    file(COPY_FILE ${CMAKE_BINARY_DIR}/${owner}.cc.new ${CMAKE_BINARY_DIR}/${owner}.cc ONLY_IF_DIFFERENT)
    add_library(${owner} OBJECT ${CMAKE_BINARY_DIR}/${owner}.cc)
    target_link_libraries(${owner} PRIVATE fmt::fmt)
    target_precompile_headers(${owner} PRIVATE ${PUSHBENCH_STD_HEADERS})
    if(set STREQUAL test)
      target_link_libraries(${owner} PRIVATE GTest::gtest)
      target_precompile_headers(${owner} PRIVATE <gtest/gtest.h>)
    endif()
    pushbench_warnings(${owner})
  endif()
  target_precompile_headers(${name} REUSE_FROM ${owner})
endfunction()

function(pushbench_warnings name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-unused-parameter)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False on string concatenation: GCC bug 105651, and with precompiled headers also by the names of its neighbours.
    target_compile_options(${name} PRIVATE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
  if(PUSHBENCH_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
endfunction()
