// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA code is compiled twice: for GPUs by nvcc as ops::cuda, and for tests without a GPU as
/// ops::cuda_emulated, where emulator/ runs the same kernels on the processor. A translation unit
/// sees one of the two.
#ifndef PQ_CUDA_NS
#define PQ_CUDA_NS cuda
#endif
