# cmake -DIN=openapi.yaml -DOUT=openapi.hpp -DNAMESPACE=outboxd::api -DNAME=kOpenApi -P EmbedText.cmake
#
# Turns one text file into a C++ header with one string_view, so that the binary needs no files beside it.
file(READ "${IN}" text)
if(text MATCHES "\\)text\"")
  message(FATAL_ERROR "${IN}: the text )text\" cannot be embedded")
endif()
get_filename_component(file "${IN}" NAME)
file(WRITE "${OUT}" "// Generated from ${file}; do not edit.\n#pragma once\n\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n\ninline constexpr std::string_view ${NAME} = R\"text(${text})text\";\n\n} // namespace ${NAMESPACE}\n")
