// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_linear.h"

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "engine/bench/gpu_data.h"
#include "engine/ops/cuda/cublas_lt.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

using gpu::Element;
using gpu::Epilogue;
using gpu::MatrixType;

/// How a type of weights is stored (ops/cuda/views.h).
struct Storage {
  double element_bytes;
  std::int64_t group;  // inputs that share a scale; 0: no scales
  std::int64_t scale_bytes;
};

Storage storage_of(MatrixType type) {
  switch (type) {
    case MatrixType::f32:
      return {4.0, 0, 0};
    case MatrixType::bf16:
      return {2.0, 0, 0};
    case MatrixType::int8:
    case MatrixType::fp8:
      return {1.0, 128, 4};
    case MatrixType::mxfp4:
      return {0.5, 32, 1};
  }
  PQ_CHECK(false, "all types are listed");
}

/// Copies of one matrix, one behind the other, each at an address of its own.
class Matrices {
 public:
  Matrices(MatrixType type, const LinearShape& shape, std::int64_t copies,
           const gpu::Stream& stream)
      : copies_(copies) {
    const Storage storage = storage_of(type);
    const auto row =
        static_cast<std::int64_t>(storage.element_bytes * static_cast<double>(shape.inputs));
    view_ = {.type = type,
             .outputs = shape.outputs,
             .inputs = shape.inputs,
             .row_bytes = gpu::DeviceKvLayout::round_up(row, 16)};
    data_ = type == MatrixType::bf16 ? random_bf16(copies * bytes() / 2, 0.02F, stream)
                                     : random_bytes(copies * bytes(), stream);
    if (storage.group == 0) return;
    const std::int64_t groups = (shape.inputs + storage.group - 1) / storage.group;
    view_.scale_stride = groups * storage.scale_bytes;
    const std::int64_t scales = copies * shape.outputs * groups;
    constexpr std::uint8_t kSmallExponent = 120;  // 2^-7
    scales_ = type == MatrixType::mxfp4 ? filled(scales, kSmallExponent, stream)
                                        : random_f32(scales, 1e-4F, 1e-3F, stream);
  }

  [[nodiscard]] gpu::MatrixView view(std::int64_t copy) const {
    gpu::MatrixView view = view_;
    const std::int64_t index = copy % copies_;
    view.data = data_.data() + index * bytes();
    view.scales = scales_.data() + index * view_.outputs * view_.scale_stride;
    return view;
  }
  /// What a product must read of it.
  [[nodiscard]] std::int64_t bytes_with_scales() const {
    return bytes() + view_.outputs * view_.scale_stride;
  }

 private:
  [[nodiscard]] std::int64_t bytes() const { return view_.outputs * view_.row_bytes; }

  std::int64_t copies_;
  gpu::MatrixView view_;
  gpu::DeviceBuffer data_;
  gpu::DeviceBuffer scales_;
};

bool is_gated(Epilogue epilogue) {
  return epilogue == Epilogue::swiglu || epilogue == Epilogue::clamped_swiglu;
}

/// One product with all that it needs but the matrix.
class Product {
 public:
  Product(const LinearShape& shape, std::int64_t rows, const gpu::Stream& stream)
      : shape_(shape),
        rows_(rows),
        x_(random_bf16(rows * shape.inputs, 1.0F, stream)),
        y_(filled(rows * outputs() * gpu::element_bytes(element()),
                  shape.epilogue == Epilogue::add ? 0x00 : 0xFF, stream)),
        scratch_(gpu::linear_scratch_bytes(rows, shape.outputs, shape.inputs)) {}

  void run(const gpu::MatrixView& matrix, const gpu::Stream& stream) const {
    gpu::linear({.matrix = matrix,
                 .x = {x_.data(), shape_.inputs, Element::bf16},
                 .rows = rows_,
                 .y = {y_.data(), outputs(), element()},
                 .epilogue = shape_.epilogue,
                 .library = &library_},
                scratch_.data(), stream);
  }
  void check(const gpu::Stream& stream) const {
    check_output("linear, " + shape_.name, y_, element(), stream);
  }

 private:
  [[nodiscard]] std::int64_t outputs() const {
    return is_gated(shape_.epilogue) ? shape_.outputs / 2 : shape_.outputs;
  }
  [[nodiscard]] Element element() const {
    return is_gated(shape_.epilogue) ? Element::bf16 : Element::f32;
  }

  LinearShape shape_;
  std::int64_t rows_;
  gpu::DeviceBuffer x_;
  gpu::DeviceBuffer y_;
  gpu::DeviceBuffer scratch_;
  mutable gpu::CublasLt library_;  // as in the engine
};

/// The products of one layer after the other.
class Layers {
 public:
  Layers(MatrixType type, const LayerShapes& shapes, std::int64_t copies,
         const gpu::Stream& stream) {
    for (const LinearShape& shape : shapes.matrices) {
      products_.push_back(std::make_unique<Product>(shape, 1, stream));
      matrices_.push_back(std::make_unique<Matrices>(type, shape, copies, stream));
    }
  }

  void run(std::size_t matrix, std::int64_t layer, const gpu::Stream& stream) const {
    products_[matrix]->run(matrices_[matrix]->view(layer), stream);
  }
  [[nodiscard]] double bytes(std::size_t matrix) const {
    return static_cast<double>(matrices_[matrix]->bytes_with_scales());
  }
  [[nodiscard]] std::size_t size() const { return products_.size(); }
  void check(const gpu::Stream& stream) const {
    for (const auto& product : products_) product->check(stream);
  }

 private:
  std::vector<std::unique_ptr<Product>> products_;
  std::vector<std::unique_ptr<Matrices>> matrices_;
};

std::int64_t bytes_of_layer(MatrixType type, const LayerShapes& shapes) {
  double bytes = 0.0;
  for (const LinearShape& shape : shapes.matrices) {
    bytes += storage_of(type).element_bytes * static_cast<double>(shape.outputs * shape.inputs);
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

double copy_gbps(std::int64_t bytes, const Repeats& repeats) {
  const gpu::Stream stream;
  const gpu::DeviceBuffer from = random_bytes(bytes, stream);
  const gpu::DeviceBuffer to(bytes);
  const double seconds =
      median_seconds(stream, repeats, {[&] { stream.on_device(to.data(), from.data(), bytes); }})
          .front();
  return 2e-9 * static_cast<double>(bytes) / seconds;
}

double matmul_tflops(std::int64_t size, const Repeats& repeats) {
  const gpu::Stream stream;
  const LinearShape shape{.name = "matmul_tflops", .outputs = size, .inputs = size};
  const Matrices matrix(MatrixType::bf16, shape, 1, stream);
  const Product product(shape, size, stream);
  const double seconds =
      median_seconds(stream, repeats, {[&] { product.run(matrix.view(0), stream); }}).front();
  product.check(stream);
  const auto n = static_cast<double>(size);
  return 2e-12 * n * n * n / seconds;
}

GemvSpeed gemv_speed(MatrixType type, const LayerShapes& shapes, std::int64_t least_bytes,
                     const Repeats& repeats) {
  const gpu::Stream stream;
  const std::int64_t copies = least_bytes / bytes_of_layer(type, shapes) + 1;
  const Layers layers(type, shapes, copies, stream);
  GemvSpeed speed;
  double seconds = 0.0;
  double bytes = 0.0;
  for (std::size_t matrix = 0; matrix < layers.size(); ++matrix) {
    // Enough products that the graph's own launch does not count, each with its own copy in turn.
    const std::int64_t products = std::max<std::int64_t>(copies, 32);
    const double each = median_graph_seconds(stream, repeats,
                                             [&] {
                                               for (std::int64_t i = 0; i < products; ++i)
                                                 layers.run(matrix, i, stream);
                                             }) /
                        static_cast<double>(products);
    speed.matrices_gbps.push_back(1e-9 * layers.bytes(matrix) / each);
    seconds += each;
    bytes += layers.bytes(matrix);
  }
  layers.check(stream);
  speed.gbps = 1e-9 * bytes / seconds;
  return speed;
}

double graph_gain(const LayerShapes& shapes, const Repeats& repeats) {
  const gpu::Stream stream;
  const Layers layers(MatrixType::bf16, shapes, shapes.layers, stream);
  const std::int64_t width = shapes.matrices.front().inputs;
  const gpu::DeviceBuffer x = random_f32(width, -1.0F, 1.0F, stream);
  const gpu::DeviceBuffer weight = random_f32(width, 0.5F, 1.5F, stream);
  const gpu::DeviceBuffer normed = filled(2 * width, 0xFF, stream);
  const auto token = [&] {
    for (std::int64_t layer = 0; layer < shapes.layers; ++layer) {
      for (std::size_t matrix = 0; matrix < layers.size(); ++matrix) {
        if (matrix % 2 == 0) {  // before the first projection and the feed-forward network
          gpu::rms_norm({.x = {x.data(), width, Element::f32},
                         .rows = 1,
                         .width = width,
                         .weight = weight.as<float>(),
                         .epsilon = 1e-6F,
                         .out = {normed.data(), width, Element::bf16}},
                        stream);
        }
        layers.run(matrix, layer, stream);
      }
    }
  };
  const gpu::Graph graph = stream.capture(token);
  const auto seconds = median_seconds(stream, repeats, {token, [&] { stream.launch(graph); }});
  layers.check(stream);
  check_output("graph_gain, norms", normed, Element::bf16, stream);
  return seconds[0] / seconds[1];
}

}  // namespace pagequest::bench::PQ_CUDA_NS
