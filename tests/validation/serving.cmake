# Measured serving runs; the data are not part of the repository.
pq_test(validation_serving SOURCES measured_serving_test.cpp measured_requests_test.cpp
        USES simulator LABELS validation)
target_compile_definitions(test_validation_serving
                           PRIVATE PQ_SHARED_DATA="${CMAKE_SOURCE_DIR}/../shared/data")
