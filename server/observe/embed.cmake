# Puts page.css and the scripts into page.html and writes that as a C++ array:
#   cmake -DSOURCES=<this folder> -DOUTPUT=<file> -P embed.cmake
file(READ ${SOURCES}/page.html page)
foreach(part page.css page_format.js page.js)
  file(READ ${SOURCES}/${part} text)
  string(FIND "${page}" "@${part}@" at)
  string(LENGTH "@${part}@" length)
  string(SUBSTRING "${page}" 0 ${at} before)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${page}" ${at} -1 after)
  string(CONCAT page "${before}" "${text}" "${after}")
endforeach()
# CMake reads hexadecimal from files alone.
file(WRITE ${OUTPUT}.html "${page}")
file(READ ${OUTPUT}.html bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <cstddef>\n
namespace greeter::observe {
extern const unsigned char kPage[];
extern const std::size_t kPageBytes;
const unsigned char kPage[] = {\n${bytes}\n};
const std::size_t kPageBytes = sizeof(kPage);
}  // namespace greeter::observe\n")
