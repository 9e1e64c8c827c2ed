# Everything comes from Debian 12 packages; scripts/install-dependencies lists them.
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc)
find_package(BLAS REQUIRED)
find_path(PQ_CBLAS_INCLUDE_DIR NAMES cblas.h PATH_SUFFIXES openblas openblas-pthread REQUIRED)

find_path(PQ_HDF5_INCLUDE_DIR NAMES hdf5.h PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(PQ_HDF5_LIBRARY NAMES hdf5_serial hdf5 REQUIRED)
add_library(pq_hdf5 INTERFACE)
target_include_directories(pq_hdf5 SYSTEM INTERFACE ${PQ_HDF5_INCLUDE_DIR})
target_link_libraries(pq_hdf5 INTERFACE ${PQ_HDF5_LIBRARY})

add_library(pq_blas INTERFACE)
target_include_directories(pq_blas SYSTEM INTERFACE ${PQ_CBLAS_INCLUDE_DIR})
target_link_libraries(pq_blas INTERFACE ${BLAS_LIBRARIES})
