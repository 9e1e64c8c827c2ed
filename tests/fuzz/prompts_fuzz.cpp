// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON lines of task prompts: an input_error, or episodes that can be asked and
// graded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/error.h"
#include "engine/agent/tasks/task.h"
#include "engine/model/tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace pagequest;

const model::Tokenizer& tokenizer() {
  static const model::Tokenizer kTokenizer = model::Tokenizer::load("engine/pocket", 4096);
  return kTokenizer;
}

void check(const agent::TaskSource& source) {
  for (std::int32_t i = 0; i < source.size().value(); ++i) {
    const auto world = source.make(static_cast<std::uint64_t>(i));
    if (world->conversation().messages.empty()) std::abort();
    if (world->turn_max_tokens().value_or(1) < 1) std::abort();
    (void)world->grade("4");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing::TemporaryFolder kFolder;
  const auto path = kFolder / "prompts.jsonl";
  std::ofstream(path, std::ios::binary) << std::string(data, data + size);
  try {
    check(*agent::open_task("prompts", {.files = {.prompts = path.string()}}, tokenizer()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  return 0;
}
