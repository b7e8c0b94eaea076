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
endfunction()

function(pushbench_warnings name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-unused-parameter)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-restrict)   # false on string concatenation: GCC bug 105651
  endif()
  if(PUSHBENCH_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
endfunction()
