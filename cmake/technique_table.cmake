# Writes the table of techniques: one row for each .cc of FOLDERS, in the order of the folders and then of the names, so that a
# technique is served because its file is there. techniques/long_polling.cc defines
#   TechniqueInfo long_polling_technique();
# and the generated source defines `std::vector<TechniqueInfo> make_technique_table()` in NAMESPACE.
function(pushbench_technique_table output namespace header)
  set(declarations "")
  set(rows "")
  foreach(folder IN LISTS ARGN)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
    foreach(source IN LISTS sources)
      cmake_path(GET source STEM name)
      string(APPEND declarations "TechniqueInfo ${name}_technique();\n")
      string(APPEND rows "      ${name}_technique(),\n")
    endforeach()
  endforeach()
  file(CONFIGURE OUTPUT ${output} CONTENT "#include \"${header}\"

namespace ${namespace} {

${declarations}
std::vector<TechniqueInfo> make_technique_table() {
  return {
${rows}  };
}

}  // namespace ${namespace}
" @ONLY)
endfunction()
