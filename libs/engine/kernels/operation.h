// TensorFlow's C interface for operations of one's own, in a few words.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

namespace unlabel {

struct bfloat16 {
  uint16_t bits;
};
static_assert(sizeof(bfloat16) == 2, "bfloat16 has two bytes");

/** What the operation is, as text of TensorFlow's op definitions. */
struct Definition {
  const char* name;
  std::vector<const char*> attributes;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  /** for each output the input whose shape it has; -1: unknown before it runs */
  std::vector<int> shapeOf;
};

/** One call of an operation. A failure is kept and told to TensorFlow at the end; what is got after it is empty. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  Call(const Call&) = delete;

  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, i, &tensor, status_);
    return hold(tensor);
  }
  TF_Tensor* output(int i, TF_DataType type, const std::vector<int64_t>& shape) {
    size_t bytes = TF_DataTypeSize(type);
    for (int64_t side : shape) bytes *= side;
    return hold(TF_AllocateOutput(context_, i, type, shape.data(), (int)shape.size(), bytes, status_));
  }
  /** An output of the type and shape of a tensor; in its memory, where it is input `reuse` and nobody else needs it. */
  TF_Tensor* outputLike(int i, TF_Tensor* like, int reuse = -1) {
    const std::vector<int64_t> shape = shapeOf(like);
    if (reuse < 0) return output(i, TF_TensorType(like), shape);
    int forwarded = -1;
    return hold(TF_ForwardInputOrAllocateOutput(context_, &reuse, 1, i, shape.data(), (int)shape.size(), &forwarded, status_));
  }
  /** Memory until the call ends. */
  template <class T>
  T* scratch(int64_t elements) {
    const int64_t bytes = elements * (int64_t)sizeof(T);
    TF_AllocatorAttributes attributes{TF_ALLOCATOR_ATTRIBUTES_STRUCT_SIZE, 1};
    TF_Tensor* tensor = hold(TF_AllocateTemp(context_, TF_UINT8, &bytes, 1, &attributes, status_));
    return tensor ? static_cast<T*>(TF_TensorData(tensor)) : nullptr;
  }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  /** Ends the call as a wrong one. */
  void refuse(const std::string& why) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, why.c_str()); }

  static std::vector<int64_t> shapeOf(const TF_Tensor* tensor) {
    std::vector<int64_t> shape(TF_NumDims(tensor));
    for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, (int)i);
    return shape;
  }

 private:
  TF_Tensor* hold(TF_Tensor* tensor) {
    if (tensor) held_.push_back(tensor);
    return tensor;
  }
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

template <class T>
T* data(TF_Tensor* tensor) {
  return tensor ? static_cast<T*>(TF_TensorData(tensor)) : nullptr;
}
inline int64_t size(const TF_Tensor* tensor) { return tensor ? TF_TensorElementCount(tensor) : 0; }
inline int64_t lastSide(const TF_Tensor* tensor) {
  const int rank = TF_NumDims(tensor);
  return rank == 0 ? 1 : TF_Dim(tensor, rank - 1);
}

/** Calls `run` with a number of the type that maps have. */
template <class Run>
void withType(TF_DataType type, const Run& run) {
  if (type == TF_FLOAT) run(float{});
  else run(bfloat16{});
}

/** An attribute of an operation that is made; one that it lacks is a failure of its making. */
template <class T>
T attributeOf(TF_OpKernelConstruction* made, const char* name, void (*get)(TF_OpKernelConstruction*, const char*, T*, TF_Status*)) {
  TF_Status* status = TF_NewStatus();
  T value{};
  get(made, name, &value, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(made, status);
  TF_DeleteStatus(status);
  return value;
}
inline float floatAttribute(TF_OpKernelConstruction* made, const char* name) {
  return attributeOf<float>(made, name, TF_OpKernelConstruction_GetAttrFloat);
}
inline bool boolAttribute(TF_OpKernelConstruction* made, const char* name) {
  return attributeOf<TF_Bool>(made, name, TF_OpKernelConstruction_GetAttrBool) != 0;
}
inline TF_DataType typeAttribute(TF_OpKernelConstruction* made, const char* name) {
  return attributeOf<TF_DataType>(made, name, TF_OpKernelConstruction_GetAttrType);
}
inline int64_t intAttribute(TF_OpKernelConstruction* made, const char* name) {
  return attributeOf<int64_t>(made, name, TF_OpKernelConstruction_GetAttrInt64);
}

/** The part of `define` that is the same for all. */
void defineOperation(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
                     void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*), std::string& failure);

/** Registers an operation and its kernel for CPUs. `Kernel` has a constructor of TF_OpKernelConstruction* and run(Call&). */
template <class Kernel>
void define(const Definition& definition, std::string& failure) {
  defineOperation(
      definition, [](TF_OpKernelConstruction* made) -> void* { return new Kernel(made); },
      [](void* kernel, TF_OpKernelContext* context) {
        Call call(context);
        static_cast<Kernel*>(kernel)->run(call);
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); }, failure);
}

}  // namespace unlabel
