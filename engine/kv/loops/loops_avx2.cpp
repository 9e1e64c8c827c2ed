// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define PQ_LOOPS kAvx2Loops
#define PQ_LOOPS_NAME "avx2"
#define PQ_LANES 8
#include "engine/kv/loops/loop_bodies.h"
