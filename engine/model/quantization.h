// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pagequest::model {

class ConfigReader;

/// Throws input_error when `quantization_config` names a method whose weights the engine does not
/// decode: it knows fp8 (blocks of 128 x 128, or a scale a tensor or row) and MXFP4.
void check_quantization(const ConfigReader& reader);

}  // namespace pagequest::model
