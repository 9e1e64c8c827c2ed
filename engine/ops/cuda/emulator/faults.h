// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pagequest::ops::emulator {

/// From here on a fault at an address that the emulator guards says on the standard error what was
/// touched by whom, and then goes to whoever handled faults before. Cheap where it is so already.
void explain_faults();

}  // namespace pagequest::ops::emulator
