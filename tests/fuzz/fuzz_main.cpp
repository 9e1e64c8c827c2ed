// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Runs a libFuzzer target without libFuzzer: first every file of a corpus, then a fixed number of
// mutations of them, the same ones in every run.
//   fuzz_NAME CORPUS_FOLDER RUNS
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::string;

class Mutator {
 public:
  explicit Mutator(std::vector<Input> corpus) : corpus_(std::move(corpus)) {}

  Input next() {
    Input input = corpus_[below(corpus_.size())];
    // One change mostly leaves JSON whole, so that the reader gets past its syntax.
    for (std::size_t left = below(4) == 0 ? 1 + below(6) : 1; left > 0; --left) mutate(input);
    return input;
  }

 private:
  // std::uniform_int_distribution differs between standard libraries.
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : engine_() % limit; }
  std::size_t place(const Input& input) { return below(input.size() + 1); }

  void mutate(Input& input) {
    const std::size_t at = place(input);
    const std::size_t length = 1 + below(below(8) == 0 ? 4096 : 16);
    switch (below(8)) {
      case 0:
        input.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 1:
        input.erase(at, length);
        break;
      case 2:
        input.insert(place(input), input.substr(at, length));
        break;
      case 3:
        input.replace(at, length, word());
        break;
      case 4:
        input.insert(at, word());
        break;
      case 5:
        splice(input, at, length);
        break;
      case 6:
        input.resize(below(8) == 0 ? at : input.size());
        break;
      default:
        flip(input, at);
        break;
    }
  }

  void flip(Input& input, std::size_t at) {
    if (at >= input.size()) return;
    const auto bits = static_cast<unsigned char>(1U << below(8));
    input[at] = static_cast<char>(static_cast<unsigned char>(input[at]) ^ bits);
  }

  void splice(Input& input, std::size_t at, std::size_t length) {
    const Input& other = corpus_[below(corpus_.size())];
    input.replace(at, length, other, place(other), length);
  }

  /// Texts that the readers treat in a special way.
  std::string word() {
    static constexpr const char* kWords[] = {"0",
                                             "-1",
                                             "4294967296",
                                             "18446744073709551615",
                                             "1e309",
                                             "null",
                                             "true",
                                             "{}",
                                             "[]",
                                             "\"\"",
                                             "[",
                                             "{",
                                             "}",
                                             "]",
                                             ",",
                                             ":",
                                             "\"",
                                             "\\",
                                             "\\u0000",
                                             "\xFF",
                                             "\xC3\xA9",
                                             "\xE2\x96\x81",
                                             "\xF0\x9F\x98\x80",
                                             " ",
                                             "\n"};
    return kWords[below(std::size(kWords))];
  }

  std::vector<Input> corpus_;
  std::mt19937_64 engine_{20240511};
};

std::vector<Input> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> inputs;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

void run(const Input& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER RUNS\n", argv[0]);
    return EXIT_FAILURE;
  }
  const std::vector<Input> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "the corpus %s is empty\n", argv[1]);
    return EXIT_FAILURE;
  }
  for (const Input& input : corpus) run(input);
  Mutator mutator(corpus);
  const long runs = std::strtol(argv[2], nullptr, 10);
  for (long count = 0; count < runs; ++count) run(mutator.next());
  std::printf("%zu files and %ld mutations ran\n", corpus.size(), runs);
  return EXIT_SUCCESS;
}
