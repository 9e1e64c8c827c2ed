// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#define PQ_LOOPS kPortableLoops
#define PQ_LOOPS_NAME "portable"
#define PQ_LANES 4
#include "engine/kv/loops/loop_bodies.h"
