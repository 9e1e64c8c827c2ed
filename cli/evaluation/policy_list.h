// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/evaluation/suite.h"

namespace pagequest::cli {

/// Policies as a user lists them, `h2o:sharing=head,score=mean,rkv`, cut at the commas: a piece
/// NAME=VALUE is a further parameter of the policy before it. Each gets its name and parameters as
/// its label, parameters sorted. Throws usage_error on unknown policies and parameters, on
/// parameters without a policy, and on a policy that is listed twice.
[[nodiscard]] std::vector<SuitePolicy> parse_policies(const std::vector<std::string>& pieces);

}  // namespace pagequest::cli
