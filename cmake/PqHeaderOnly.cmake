# The minimal build (PQ_MINIMAL): for machines with a compiler, CMake and the CUDA toolkit only. What
# else it needs is a folder of header-only libraries, which scripts/gpu-headers fills. Boost, ICU,
# SQLite, HDF5 and a BLAS are not looked for. (The emulator, which is off unless it is asked for, takes
# Boost.Context.)
find_package(Threads REQUIRED)
option(PQ_CUDA_EMULATOR "Test the GPU code on the processor (needs Boost.Context)" OFF)

set(PQ_HEADERS "" CACHE PATH "Folder with nlohmann/json.hpp and catch2/catch.hpp")

function(pq_header_only target header)
  if(NOT EXISTS ${PQ_HEADERS}/${header})
    message(FATAL_ERROR "PQ_HEADERS (${PQ_HEADERS}) has no ${header}: fill a folder with "
                        "`scripts/gpu-headers DIR` on a machine that has the libraries, and "
                        "configure with -DPQ_HEADERS=DIR")
  endif()
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${PQ_HEADERS})
endfunction()

pq_header_only(nlohmann_json::nlohmann_json nlohmann/json.hpp)
pq_header_only(Catch2::Catch2 catch2/catch.hpp)
