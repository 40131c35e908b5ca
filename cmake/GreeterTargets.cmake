# Targets are rooms and links are doors. Each room's headers are reached through a directory of its own that holds
# nothing but a link to the room, so `#include "net/fd.h"` compiles only in a target that links greeter_net.

function(greeter_apply_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
    # GCC 12 sees overlaps in std::string that are not there (GCC bug 105329).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
    $<$<BOOL:${GREETER_WERROR}>:-Werror>)
endfunction()

# greeter_room(<name> <source>...) defines the library greeter_<name> for the current source directory.
function(greeter_room name)
  set(target greeter_${name})
  set(door ${PROJECT_BINARY_DIR}/include/${target})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${door}/${name} SYMBOLIC)
  add_library(${target} STATIC ${ARGN})
  add_library(greeter::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${door})
  greeter_apply_options(${target})
endfunction()
