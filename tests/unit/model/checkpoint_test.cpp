// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/checkpoint.h"

#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

constexpr const char* kIndex = "model.safetensors.index.json";

/// A folder with small_tensors() spread over two shards.
struct ShardedFolder {
  TemporaryFolder folder;
  std::map<std::string, Tensors> shards;
  json weight_map = json::object();

  ShardedFolder() {
    bool odd = false;
    for (const auto& [name, tensor] : small_tensors()) {
      const std::string shard = odd ? "model-00001-of-00002.safetensors"  //
                                    : "model-00002-of-00002.safetensors";
      shards[shard][name] = tensor;
      weight_map[name] = shard;
      odd = !odd;
    }
    folder.write("config.json", small_config().dump());
    folder.write("tokenizer.json", small_tokenizer().dump());
  }

  void write() const {
    for (const auto& [name, tensors] : shards) folder.write(name, safetensors(tensors));
    folder.write(kIndex,
                 json{{"metadata", {{"total_size", 1}}}, {"weight_map", weight_map}}.dump());
  }

  [[nodiscard]] std::string error() const {
    write();
    return input_error_of([&] { Checkpoint{folder.path()}; });
  }
};

TEST_CASE("Shards load as the single file does, with the same hash") {
  const ShardedFolder sharded;
  sharded.write();
  const Model model = Model::load(sharded.folder.path());
  const Model single = load_model(small_config(), small_tensors());
  CHECK(model.weights_hash() == single.weights_hash());
  CHECK(row_of(model.weights().embedding, 3) == row_of(single.weights().embedding, 3));
  CHECK(row_of(model.weights().layers[0].dense.down.matrix, 2) ==
        row_of(single.weights().layers[0].dense.down.matrix, 2));
}

TEST_CASE("A shard that is missing, truncated or foreign is refused by name") {
  const ShardedFolder sharded;
  sharded.write();
  const std::string shard = "model-00002-of-00002.safetensors";
  const auto verdict = [&] {
    CHECK_THAT(input_error_of([&] { Checkpoint{sharded.folder.path()}; }), Contains(shard));
  };
  SECTION("missing") {
    std::filesystem::remove(sharded.folder.path() / shard);
    verdict();
  }
  SECTION("truncated") {
    const std::string whole = safetensors(sharded.shards.at(shard));
    sharded.folder.write(shard, whole.substr(0, whole.size() - 3));
    verdict();
  }
  SECTION("foreign") {
    sharded.folder.write(shard, "GGUF and more bytes than eight");
    verdict();
  }
}

TEST_CASE("An index and shards that disagree are refused with the tensor's name") {
  ShardedFolder sharded;
  const std::string name = "model.norm.weight";
  const std::string shard = sharded.weight_map[name];
  const std::string other = shard == "model-00001-of-00002.safetensors"
                                ? "model-00002-of-00002.safetensors"
                                : "model-00001-of-00002.safetensors";
  const auto verdict = [&] { CHECK_THAT(sharded.error(), Contains("`" + name + "`")); };
  SECTION("a tensor that no shard holds") {
    sharded.shards[shard].erase(name);
    verdict();
  }
  SECTION("a tensor in two shards") {
    sharded.shards[other][name] = sharded.shards[shard][name];
    CHECK_THAT(sharded.error(), Contains("two shards"));
    verdict();
  }
  SECTION("a tensor that the index seeks in the other shard") {
    sharded.weight_map[name] = other;
    verdict();
  }
  SECTION("a tensor that the index lacks") {
    sharded.weight_map.erase(name);
    CHECK_THAT(sharded.error(), Contains("not in the index"));
    verdict();
  }
}

TEST_CASE("An index without a usable weight map is refused") {
  const TemporaryFolder folder;
  const std::string text =
      GENERATE("", "[]", "{}", R"({"weight_map": []})", R"({"weight_map": {}})",
               R"({"weight_map": {"a": 5}})", R"({"weight_map": {"a": ""}})",
               R"({"weight_map": {"a": "../elsewhere.safetensors"}})");
  folder.write(kIndex, text);
  CHECK_THAT(input_error_of([&] { Checkpoint{folder.path()}; }), Contains(kIndex));
}

TEST_CASE("A folder without weights is refused with the file that it lacks") {
  const TemporaryFolder folder;
  CHECK_THAT(input_error_of([&] { Checkpoint{folder.path()}; }), Contains("model.safetensors"));
}

TEST_CASE("A model folder without its config or tokenizer is refused with the file's name") {
  const std::string missing = GENERATE("config.json", "tokenizer.json");
  const ShardedFolder sharded;
  sharded.write();
  std::filesystem::remove(sharded.folder.path() / missing);
  CHECK_THAT(input_error_of([&] { Model::load(sharded.folder.path()); }), Contains(missing));
}

}  // namespace
}  // namespace pagequest::model::test
