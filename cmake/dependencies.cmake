# Everything comes from Debian 12 packages (see `make deps`); nothing is vendored or downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(wslay REQUIRED)
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv)

# The node-llhttp package ships C sources, no library: build them once.
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp REQUIRED)
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp REQUIRED)
add_library(llhttp STATIC ${LLHTTP_SOURCE_DIR}/llhttp.c ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c)
target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
# Debian's sources default to the loose grammar, which lets a bare CR after a chunk pass: a form of request smuggling.
target_compile_definitions(llhttp PRIVATE LLHTTP_STRICT_MODE=1)

# `python3` on the PATH may be one without the report's modules: take the first that has them.
if(NOT PUSHBENCH_PYTHON)
  foreach(candidate /usr/bin/python3 python3)
    execute_process(COMMAND ${candidate} -c "import matplotlib, numpy, scipy, jinja2"
                    RESULT_VARIABLE missing OUTPUT_QUIET ERROR_QUIET)
    if(missing EQUAL 0)
      set(PUSHBENCH_PYTHON ${candidate} CACHE STRING "Python interpreter with matplotlib, NumPy, SciPy and Jinja2")
      break()
    endif()
  endforeach()
  if(NOT PUSHBENCH_PYTHON)
    message(FATAL_ERROR "neither /usr/bin/python3 nor python3 has matplotlib, numpy, scipy and jinja2: run `make deps`, or set "
                        "-DPUSHBENCH_PYTHON=... to an interpreter that has them")
  endif()
endif()
