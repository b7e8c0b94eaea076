# A layer is a library whose headers are seen only by those who link it: its own include root holds one link to its folder, so
# `#include "wire/sse.h"` fails to compile in a target that does not link `wire`. The build enforces the layers.
function(pushbench_layer name folder)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LINK" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${folder} SYMBOLIC)
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
