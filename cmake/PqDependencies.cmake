# Everything comes from Debian 12 packages; scripts/install-dependencies lists them.
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc)
find_package(SQLite3 REQUIRED)
find_package(BLAS REQUIRED)
find_package(yaml-cpp REQUIRED)
find_path(PQ_CBLAS_INCLUDE_DIR NAMES cblas.h PATH_SUFFIXES openblas openblas-pthread REQUIRED)

find_path(PQ_HDF5_INCLUDE_DIR NAMES hdf5.h PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(PQ_HDF5_LIBRARY NAMES hdf5_serial hdf5 REQUIRED)
add_library(pq_hdf5 INTERFACE)
target_include_directories(pq_hdf5 SYSTEM INTERFACE ${PQ_HDF5_INCLUDE_DIR})
target_link_libraries(pq_hdf5 INTERFACE ${PQ_HDF5_LIBRARY})

add_library(pq_blas INTERFACE)
target_include_directories(pq_blas SYSTEM INTERFACE ${PQ_CBLAS_INCLUDE_DIR})
target_link_libraries(pq_blas INTERFACE ${BLAS_LIBRARIES})

# Boost.MPI is optional (libboost-mpi1.81-dev): without it, `sweep run --mpi` says that it is absent.
set(PQ_MPI AUTO CACHE STRING "Sweeps over MPI ranks: AUTO (if Boost.MPI is installed), ON or OFF")
if(NOT PQ_MPI STREQUAL "OFF")
  find_package(boost_mpi 1.81 CONFIG QUIET)
  if(NOT TARGET Boost::mpi AND NOT PQ_MPI STREQUAL "AUTO")
    message(FATAL_ERROR "PQ_MPI is ${PQ_MPI}, but Boost.MPI is not found: install "
                        "libboost-mpi1.81-dev, or configure with -DPQ_MPI=OFF")
  endif()
endif()
