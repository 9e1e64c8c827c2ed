// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pagequest::agent {

/// Lower case, without punctuation and the articles a, an and the, words joined by single spaces:
/// the normalisation of SQuAD's evaluation (Rajpurkar et al., arXiv 1606.05250, section 6.1).
/// Citations (`【4†L2-L5】`) are dropped first. Lower case and punctuation are ASCII's.
[[nodiscard]] std::string normalized_answer(std::string_view text);

/// Whether a text gives one of the accepted answers: the normalised answer is the normalised text,
/// or stands in it as whole words. An answer that normalises to nothing is compared as it is.
[[nodiscard]] bool gives_answer(std::string_view text, std::span<const std::string> accepted);

}  // namespace pagequest::agent
