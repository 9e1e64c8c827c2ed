// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0

// HDF5 1.10 leaks a few kilobytes each time that it refuses a damaged file; LeakSanitizer would
// blame the tests that damage files on purpose. The name is the sanitizer's.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }
