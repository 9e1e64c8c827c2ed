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

# With PQ_UNITY, compiles a target's sources ten at a time, as one. The files that follow are compiled
# alone: they have local names that others of the target have too.
function(pq_unity target)
  if(NOT PQ_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  # g++ takes the other files of a batch for headers, and their local names for outer scopes.
  target_compile_options(${target} PRIVATE
                         "$<$<COMPILE_LANGUAGE:CXX>:-Wno-shadow>"
                         "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>")
endfunction()

# pq_module(<name> SOURCES <files> [HEADERS <files>] [USES <modules>] [PRIVATE_USES <libraries>]
#           [ALONE <sources>])
function(pq_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;USES;PRIVATE_USES;ALONE" ${ARGN})
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
  pq_unity(${target} ${arg_ALONE})
endfunction()

# For code that is compiled more often than it is waited for (tests, the command line): a third less
# time to compile than at -O3.
function(pq_compile_fast target)
  target_compile_options(${target} PRIVATE
                         $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
endfunction()

# pq_test(<name> SOURCES <files> USES <modules> [PRIVATE_USES <libraries>] [LABELS <labels>]
#         [ALONE <sources>])
function(pq_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;PRIVATE_USES;LABELS;ALONE" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE pq_test_main ${arg_PRIVATE_USES})
  foreach(module IN LISTS arg_USES)
    target_link_libraries(${target} PRIVATE pq_${module})
  endforeach()
  pq_compile_options(${target})
  pq_compile_fast(${target})
  pq_unity(${target} ${arg_ALONE})
  add_test(NAME ${name} COMMAND ${target} --order rand --rng-seed time --warn NoAssertions
           WORKING_DIRECTORY ${PQ_ROOT})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
endfunction()
