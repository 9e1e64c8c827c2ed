# Looks for the CUDA toolkit. Sets PQ_HAVE_CUDA; everything works without, but for `--device cuda`.
set(PQ_CUDA AUTO CACHE STRING "Code for GPUs: AUTO (where an nvcc is found), ON or OFF")
set_property(CACHE PQ_CUDA PROPERTY STRINGS AUTO ON OFF)
option(PQ_CUDA_EMULATOR "Test the GPU code on the processor (needs Boost.Context)" ON)

set(PQ_HAVE_CUDA OFF)
if(NOT PQ_CUDA STREQUAL "OFF")
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(PQ_NVCC nvcc HINTS ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(PQ_NVCC)
    if(PQ_NVCC)
      set(ENV{CUDACXX} ${PQ_NVCC})  # which check_language() tries, where it may be broken
    endif()
  endif()
  if(NOT CMAKE_CUDA_HOST_COMPILER AND NOT DEFINED ENV{CUDAHOSTCXX})
    set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  endif()
  # Chosen below, once the toolkit says what it knows; CMake wants a value before.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(PQ_CHOOSE_ARCHITECTURES ON)
    set(CMAKE_CUDA_ARCHITECTURES 80)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    find_package(CUDAToolkit 12.0)
    set(PQ_HAVE_CUDA ${CUDAToolkit_FOUND})
  endif()
  if(NOT PQ_HAVE_CUDA AND PQ_CUDA STREQUAL "ON")
    message(FATAL_ERROR "PQ_CUDA=ON, but no nvcc works here. Install the CUDA toolkit (12.0 or "
                        "later) and name its compiler by -DCMAKE_CUDA_COMPILER=/path/to/nvcc, "
                        "or leave PQ_CUDA at AUTO to build without.")
  endif()
endif()

# Machine code for A100 (and its 8.x relatives), H100 and B200; what is newer translates the PTX of
# the last one when it first runs.
if(PQ_HAVE_CUDA AND PQ_CHOOSE_ARCHITECTURES)
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.8)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100)
  else()
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
  endif()
endif()
if(PQ_HAVE_CUDA)
  # CMake 3.25 doesn't know how nvcc is asked for it.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")
else()
  message(STATUS "CUDA is not built in")
endif()

# For targets with .cu sources that nvcc compiles. The host half of a .cu file passes through
# nvcc's rewriting, which -Wpedantic and -Wconversion complain about; the emulator's build of the
# same files has them on.
function(pq_cuda_options target)
  pq_compile_options(${target})
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-lineinfo;--expt-relaxed-constexpr;-Xcompiler=-Wall,-Wextra,-Wno-missing-field-initializers>")
  if(PQ_WERROR)
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;-Xcompiler=-Werror>")
  endif()
endfunction()

# For targets with .cu sources that the emulator runs. Fast in debug builds too; memory is read as
# any type, as nvcc allows; each __shared__ array has a section of its own (shared_arrays.ld).
function(pq_emulated_options target)
  target_compile_options(${target} PRIVATE -O2 -fno-strict-aliasing -fdata-sections
                         -Wno-unknown-pragmas)
endfunction()
