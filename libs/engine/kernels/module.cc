// The module that Node loads: registers the kernels of this machine's level with TensorFlow.
#include <node_api.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "levels.h"
#include "parallel.h"

namespace unlabel {
namespace avx2 {
void defineAll(std::string& failure);
}
namespace avx512 {
void defineAll(std::string& failure);
}
namespace avx512bf16 {
void defineAll(std::string& failure);
}
namespace amxbf16 {
void defineAll(std::string& failure);
}

/** Whether the system lets this process use tiles, which it has to be asked for: they are 8 KB more that each thread's state takes. */
static bool mayUseTiles() {
  constexpr long ask = 0x1023, tileData = 18;  // ARCH_REQ_XCOMP_PERM, of Linux 5.16
  return syscall(SYS_arch_prctl, ask, tileData) == 0;
}

/** register(threads, cap): the level whose kernels are registered, or null where the processor has none. Throws what TensorFlow says. */
napi_value registerKernels(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], result;
  int32_t threads = 1;
  char cap[16] = "";
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count >= 1) napi_get_value_int32(env, arguments[0], &threads);
  if (count >= 2) napi_get_value_string_utf8(env, arguments[1], cap, sizeof cap, nullptr);
  static Level level = Level::plain;
  static bool done = false;
  if (!done) {
    std::string failure;
    level = highestLevel(cap);
    if (level == Level::amxbf16 && !mayUseTiles()) level = Level::avx512bf16;
    if (level == Level::amxbf16) amxbf16::defineAll(failure);
    else if (level == Level::avx512bf16) avx512bf16::defineAll(failure);
    else if (level == Level::avx512) avx512::defineAll(failure);
    else if (level == Level::avx2) avx2::defineAll(failure);
    if (!failure.empty()) {
      napi_throw_error(env, nullptr, failure.c_str());
      return nullptr;
    }
    setThreads(threads);
    done = true;
  }
  if (level != Level::plain) napi_create_string_utf8(env, nameOf(level), NAPI_AUTO_LENGTH, &result);
  else napi_get_null(env, &result);
  return result;
}

}  // namespace unlabel

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "register", NAPI_AUTO_LENGTH, unlabel::registerKernels, nullptr, &function);
  napi_set_named_property(env, exports, "register", function);
  return exports;
}
