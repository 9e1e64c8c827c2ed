// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define PQ_LOOPS kAvx512Loops
#define PQ_LOOPS_NAME "avx512"
#define PQ_LANES 16
#include "engine/kv/loops/loop_bodies.h"
