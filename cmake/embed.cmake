# Turns the files of the demo page into one C++ source that holds their bytes:
#   cmake -D FOLDER=... -D OUTPUT=... -P embed.cmake
# The program needs no file at run time, and knows no path of the source tree.
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*)
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")

set(arrays "")
set(table "")
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(REGEX REPLACE "[^a-z]" "_" name ${file})
  string(REGEX REPLACE ".*\\." "" extension ${file})
  set(path /${file})
  if(file STREQUAL index.html)
    set(path /)
  endif()
  string(APPEND arrays "constexpr char ${name}[] = {${bytes}};\n")
  string(APPEND table "    {\"${path}\", \"${type_${extension}}\", {${name}, sizeof ${name}}},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"reference-server/http/demo.h\"

namespace server {

namespace {

${arrays}
constexpr DemoFile kFiles[] = {
${table}};

}  // namespace

std::span<const DemoFile> demo_files() {
  return kFiles;
}

}  // namespace server
")
