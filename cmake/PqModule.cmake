# A module is a static library named after its folder. Headers are included from the repository's
# root ("engine/kv/page_pool.h"), compile alone, and every third-party library is private.

get_filename_component(PQ_ROOT ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

function(pq_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set(options -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
      -Wno-missing-field-initializers)
  # g++ 12 sees overlapping copies in std::string's operator+ (GCC bug 105651).
  list(APPEND options $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  if(PQ_WERROR)
    list(APPEND options -Werror)
  endif()
  if(PQ_SANITIZE)
    list(APPEND options -fsanitize=${PQ_SANITIZE} -fno-sanitize-recover=all
         -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${PQ_SANITIZE})
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${options}>")
endfunction()

# pq_module(<name> SOURCES <files> [HEADERS <files>] [USES <modules>] [PRIVATE_USES <libraries>])
function(pq_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;USES;PRIVATE_USES" ${ARGN})
  set(target pq_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PQ_ROOT}
                 FILES ${arg_HEADERS})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  foreach(module IN LISTS arg_USES)
    target_link_libraries(${target} PUBLIC pq_${module})
  endforeach()
  target_link_libraries(${target} PRIVATE ${arg_PRIVATE_USES})
  pq_compile_options(${target})
endfunction()

# For code that is compiled more often than it is waited for (tests, the command line): a third less
# time to compile than at -O3.
function(pq_compile_fast target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# pq_test(<name> SOURCES <files> USES <modules> [PRIVATE_USES <libraries>] [LABELS <labels>])
function(pq_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;PRIVATE_USES;LABELS" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE pq_test_main ${arg_PRIVATE_USES})
  foreach(module IN LISTS arg_USES)
    target_link_libraries(${target} PRIVATE pq_${module})
  endforeach()
  pq_compile_options(${target})
  pq_compile_fast(${target})
  add_test(NAME ${name} COMMAND ${target} --order rand --rng-seed time --warn NoAssertions
           WORKING_DIRECTORY ${PQ_ROOT})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
endfunction()
