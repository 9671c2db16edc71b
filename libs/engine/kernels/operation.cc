#include "operation.h"

#include <map>

namespace unlabel {
namespace {

// TensorFlow hands a shape function nothing of ours: which outputs copy which inputs is found by the operation's number.
constexpr int most = 32;
std::vector<int> shapeSources[most];
int defined = 0;

template <int N>
void inferShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  for (size_t i = 0; i < shapeSources[N].size() && TF_GetCode(status) == TF_OK; i++) {
    if (shapeSources[N][i] < 0) continue;
    TF_ShapeHandle* shape = TF_NewShapeHandle();
    TF_ShapeInferenceContextGetInput(context, shapeSources[N][i], shape, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, (int)i, shape, status);
    TF_DeleteShapeHandle(shape);
  }
}

using ShapeFunction = void (*)(TF_ShapeInferenceContext*, TF_Status*);
template <int... N>
ShapeFunction shapeFunction(int number, std::integer_sequence<int, N...>) {
  static const ShapeFunction all[] = {inferShapes<N>...};
  return all[number];
}

}  // namespace

void defineOperation(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
                     void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*), std::string& failure) {
  if (!failure.empty()) return;
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(definition.name);
  for (const char* each : definition.attributes) TF_OpDefinitionBuilderAddAttr(builder, each);
  for (const char* each : definition.inputs) TF_OpDefinitionBuilderAddInput(builder, each);
  for (const char* each : definition.outputs) TF_OpDefinitionBuilderAddOutput(builder, each);
  const int number = defined++;
  if (number >= most) {
    failure = "more operations than shape functions: raise `most` in operation.cc";
    return;
  }
  shapeSources[number] = definition.shapeOf;
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapeFunction(number, std::make_integer_sequence<int, most>()));
  TF_RegisterOpDefinition(builder, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(definition.name, "CPU", create, compute, destroy);
    TF_RegisterKernelBuilder(definition.name, kernel, status);
  }
  if (TF_GetCode(status) != TF_OK) failure = std::string(definition.name) + ": " + TF_Message(status);
  TF_DeleteStatus(status);
}

}  // namespace unlabel
