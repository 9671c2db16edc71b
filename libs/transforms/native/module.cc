// The module that Node loads: a class Kernels, whose methods are the kernels of this machine's level, or of one below it.
//
//   new Kernels(cap?)                level: "plain", "avx2" or "avx512", the highest that the processor has, at most `cap`
//   useMemory(buffer)                the ArrayBuffer that pointers are offsets in, in bytes, from the first multiple of 64 on; how many bytes
//                                    that leaves out. Its owner keeps it alive.
//   affine(…) and so on              as in kernels.h; throws a RangeError for a pointer outside of the memory
#include <node_api.h>

#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels.h"
#include "levels.h"

namespace unlabel {
namespace plain {
extern const Kernels kernels;
}
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}

namespace {

struct Instance {
  const Kernels* kernels = nullptr;
  uint8_t* memory = nullptr;
  size_t sizeBytes = 0;
};

template <class T>
T operand(napi_env env, const Instance& self, napi_value value, bool& isWrong) {
  if constexpr (std::is_pointer_v<T>) {
    int64_t offset = -1;
    if (napi_get_value_int64(env, value, &offset) != napi_ok || offset < 0 || (size_t)offset > self.sizeBytes) isWrong = true;
    return reinterpret_cast<T>(self.memory + offset);
  } else if constexpr (std::is_same_v<T, int>) {
    int32_t number = 0;
    if (napi_get_value_int32(env, value, &number) != napi_ok) isWrong = true;
    return number;
  } else {
    double number = 0;
    if (napi_get_value_double(env, value, &number) != napi_ok) isWrong = true;
    return number;
  }
}

template <class... Operands, size_t... index>
void callWith(napi_env env, const Instance& self, const napi_value* values, void (*kernel)(Operands...), std::index_sequence<index...>) {
  bool isWrong = false;
  const std::tuple<Operands...> operands{operand<Operands>(env, self, values[index], isWrong)...};
  if (isWrong) napi_throw_range_error(env, nullptr, "kernel: an operand is no number or points outside of the memory");
  else std::apply(kernel, operands);
}

/** A line of the cache, and the widest vector. */
constexpr size_t alignment = 64;
/** Most operands of a kernel. */
constexpr size_t most = 16;

Instance* unwrap(napi_env env, napi_callback_info info, napi_value* values, size_t* count) {
  napi_value self;
  Instance* instance = nullptr;
  napi_get_cb_info(env, info, count, values, &self, nullptr);
  if (napi_unwrap(env, self, reinterpret_cast<void**>(&instance)) == napi_ok) return instance;
  napi_throw_type_error(env, nullptr, "kernel: called on something else than Kernels");
  return nullptr;
}

template <class... Operands>
void callKernel(napi_env env, const Instance& self, const napi_value* values, size_t count, void (*kernel)(Operands...)) {
  static_assert(sizeof...(Operands) <= most);
  if (count != sizeof...(Operands)) napi_throw_type_error(env, nullptr, "kernel: called with another number of operands");
  else callWith(env, self, values, kernel, std::index_sequence_for<Operands...>());
}

template <auto kernel>
napi_value method(napi_env env, napi_callback_info info) {
  napi_value values[most];
  size_t count = most;
  const Instance* self = unwrap(env, info, values, &count);
  if (self) callKernel(env, *self, values, count, self->kernels->*kernel);
  return nullptr;
}

napi_value useMemory(napi_env env, napi_callback_info info) {
  napi_value values[most], skipped;
  size_t count = most, sizeBytes = 0;
  uint8_t* memory = nullptr;
  Instance* self = unwrap(env, info, values, &count);
  if (!self) return nullptr;
  if (count != 1 || napi_get_arraybuffer_info(env, values[0], reinterpret_cast<void**>(&memory), &sizeBytes) != napi_ok || sizeBytes < alignment) {
    napi_throw_type_error(env, nullptr, "useMemory: takes an ArrayBuffer");
    return nullptr;
  }
  const size_t skip = -reinterpret_cast<uintptr_t>(memory) % alignment;
  self->memory = memory + skip;
  self->sizeBytes = sizeBytes - skip;
  napi_create_uint32(env, skip, &skipped);
  return skipped;
}

const Kernels* kernelsOf(Level level) {
  if (level == Level::plain) return &plain::kernels;
  return level == Level::avx2 ? &avx2::kernels : &avx512::kernels;
}

napi_value construct(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value cap, self, level;
  char name[16] = "";
  napi_get_cb_info(env, info, &count, &cap, &self, nullptr);
  if (count == 1) napi_get_value_string_utf8(env, cap, name, sizeof name, nullptr);
  const Level highest = highestLevel(name);
  const Level here = highest > Level::avx512 ? Level::avx512 : highest;
  Instance* instance = new Instance{kernelsOf(here)};
  napi_wrap(env, self, instance, [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr, nullptr);
  napi_create_string_utf8(env, nameOf(here), NAPI_AUTO_LENGTH, &level);
  napi_set_named_property(env, self, "level", level);
  return self;
}

napi_property_descriptor describe(const char* name, napi_callback call) {
  return {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace
}  // namespace unlabel

NAPI_MODULE_INIT() {
  using namespace unlabel;
  const napi_property_descriptor methods[] = {
      describe("useMemory", useMemory),
      describe("affine", method<&Kernels::affine>),
      describe("solarize", method<&Kernels::solarize>),
      describe("grayscale", method<&Kernels::grayscale>),
      describe("saturation", method<&Kernels::saturation>),
      describe("hue", method<&Kernels::hue>),
      describe("channelSums", method<&Kernels::channelSums>),
      describe("mirrorRows", method<&Kernels::mirrorRows>),
      describe("bytesToPlanes", method<&Kernels::bytesToPlanes>),
      describe("planesToBytes", method<&Kernels::planesToBytes>),
      describe("alongWidthOfBytes", method<&Kernels::alongWidthOfBytes>),
      describe("alongWidthOfPlanes", method<&Kernels::alongWidthOfPlanes>),
      describe("alongHeight", method<&Kernels::alongHeight>),
      describe("blurRows", method<&Kernels::blurRows>),
      describe("blurColumns", method<&Kernels::blurColumns>),
  };
  napi_value made;
  napi_define_class(env, "Kernels", NAPI_AUTO_LENGTH, construct, nullptr, sizeof methods / sizeof *methods, methods, &made);
  napi_set_named_property(env, exports, "Kernels", made);
  return exports;
}
