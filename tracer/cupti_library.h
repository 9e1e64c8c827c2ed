// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cupti.h>

#include "base/error.h"

namespace pagequest::tracer {

/// The functions of libcupti that a timer needs. It is loaded at run time and stays loaded: a
/// program that was linked to it would not start where it is missing.
struct CuptiLibrary {
  decltype(&cuptiSubscribe) subscribe = nullptr;
  decltype(&cuptiUnsubscribe) unsubscribe = nullptr;
  decltype(&cuptiActivityRegisterCallbacks) register_callbacks = nullptr;
  decltype(&cuptiActivityEnable) enable = nullptr;
  decltype(&cuptiActivityDisable) disable = nullptr;
  decltype(&cuptiActivityFlushAll) flush = nullptr;
  decltype(&cuptiActivityGetNextRecord) next_record = nullptr;
  decltype(&cuptiActivityGetNumDroppedRecords) dropped_records = nullptr;
  decltype(&cuptiActivityPushExternalCorrelationId) push_id = nullptr;
  decltype(&cuptiActivityPopExternalCorrelationId) pop_id = nullptr;
  decltype(&cuptiGetResultString) result_string = nullptr;
};

/// Loads libcupti of CUDA 13 or 12 by its name, or from the folders where CUDA puts it. Throws
/// device_error that lists them.
[[nodiscard]] CuptiLibrary load_cupti();

/// What a refusal of CUPTI means, and what to do. `call` is the function that refused.
[[nodiscard]] Error cupti_error(const CuptiLibrary& library, std::string_view call,
                                CUptiResult result);

}  // namespace pagequest::tracer
