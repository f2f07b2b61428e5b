# outboxd_module(NAME SOURCES a.cpp ... [PUBLIC lib ...] [PRIVATE lib ...])
#
# One static library per folder. Headers stand beside the sources and are included from the project's root
# ("platform/core/error.hpp"). A folder with headers alone becomes an interface library.
function(outboxd_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(MODULE_SOURCES)
    add_library(${name} STATIC ${MODULE_SOURCES})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
    target_link_libraries(${name} PUBLIC ${MODULE_PUBLIC} PRIVATE ${MODULE_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
    target_link_libraries(${name} INTERFACE ${MODULE_PUBLIC})
  endif()
endfunction()
