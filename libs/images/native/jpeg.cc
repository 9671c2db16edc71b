// Decodes plain JPEGs by libjpeg-turbo, whose library comes with a package and is opened by its path: the part of its interface
// that is used is declared here (turbojpeg.h of libjpeg-turbo 3).
//
//   open(path)                       throws when the library can't be opened or lacks a function
//   decode(bytes, maxPixels)         a promise of { width, height, data }, 8-bit RGB row by row; null for whatever is not plain:
//                                    another format, colour space or orientation, a colour profile, too many pixels, damage
//   sides(bytes, maxPixels)          { width, height } of a plain JPEG by its header, or null
//   decodeInto(bytes, target)        decodes one in this thread to a Uint8Array of its size; whether it is undamaged
#include <dlfcn.h>
#include <node_api.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace {

using Handle = void*;
struct {
  Handle (*init)(int);
  void (*destroy)(Handle);
  int (*header)(Handle, const unsigned char*, size_t);
  int (*decompress)(Handle, const unsigned char*, size_t, unsigned char*, int, int);
  int (*get)(Handle, int);
  int (*set)(Handle, int, int);
} turbo;

enum { stopOnWarning = 0, jpegWidth = 5, jpegHeight = 6, precision = 7, colourSpace = 8 };  // TJPARAM_…
constexpr int decompressor = 1, rgb = 0, ycbcr = 1;

uint32_t big(const uint8_t* p, int n) {
  uint32_t value = 0;
  for (int i = 0; i < n; i++) value = value << 8 | p[i];
  return value;
}
uint32_t read(const uint8_t* p, int n, bool isLittle) {
  if (!isLittle) return big(p, n);
  uint32_t value = 0;
  for (int i = n - 1; i >= 0; i--) value = value << 8 | p[i];
  return value;
}

/** Orientation in the first directory of EXIF data; 1, upright, where there is none; 0 where it can't be told. */
uint32_t orientation(const uint8_t* tiff, size_t size) {
  if (size < 8 || (memcmp(tiff, "II", 2) != 0 && memcmp(tiff, "MM", 2) != 0)) return 0;
  const bool isLittle = tiff[0] == 'I';
  const size_t at = read(tiff + 4, 4, isLittle);
  if (at + 2 > size) return 0;
  const size_t entries = read(tiff + at, 2, isLittle);
  if (at + 2 + 12 * entries > size) return 0;
  for (size_t i = 0; i < entries; i++) {
    const uint8_t* entry = tiff + at + 2 + 12 * i;
    if (read(entry, 2, isLittle) == 0x0112) return read(entry + 8, 2, isLittle);
  }
  return 1;
}

/** Whether what stands before the pixels leaves them as they are: no colour profile, upright. */
bool isPlain(const uint8_t* p, size_t size) {
  if (size < 4 || p[0] != 0xff || p[1] != 0xd8) return false;
  for (size_t at = 2; at + 4 <= size;) {
    if (p[at] != 0xff) return false;
    const uint8_t marker = p[at + 1];
    if (marker == 0xff) {
      at++;  // fill bytes
      continue;
    }
    if (marker == 0xda) return true;  // the pixels begin
    const size_t length = big(p + at + 2, 2);
    if (length < 2 || at + 2 + length > size) return false;
    const uint8_t* body = p + at + 4;
    const size_t bytes = length - 2;
    if (marker == 0xe2 && bytes >= 12 && memcmp(body, "ICC_PROFILE", 12) == 0) return false;
    if (marker == 0xe1 && bytes >= 6 && memcmp(body, "Exif\0\0", 6) == 0 && orientation(body + 6, bytes - 6) != 1) return false;
    at += 2 + length;
  }
  return false;
}

/** The decoder of a thread, made when it is first used. */
Handle decoderHere() {
  struct Decoder {
    Handle handle = turbo.init(decompressor);
    ~Decoder() {
      if (handle) turbo.destroy(handle);
    }
  };
  static thread_local Decoder decoder;
  if (decoder.handle) turbo.set(decoder.handle, stopOnWarning, 1);
  return decoder.handle;
}

bool decodeTo(const uint8_t* bytes, size_t size, uint8_t* out) {
  Handle handle = decoderHere();
  return handle && turbo.header(handle, bytes, size) == 0 && turbo.decompress(handle, bytes, size, out, 0, rgb) == 0;
}

struct Work {
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  napi_ref bytes = nullptr, result = nullptr;
  const uint8_t* in = nullptr;
  size_t size = 0;
  uint8_t* out = nullptr;
  int width = 0, height = 0;
  bool isDone = false;
};

void execute(napi_env, void* data) {
  Work& work = *static_cast<Work*>(data);
  work.isDone = decodeTo(work.in, work.size, work.out);
}

void complete(napi_env env, napi_status, void* data) {
  Work* work = static_cast<Work*>(data);
  napi_value result;
  if (work->isDone) napi_get_reference_value(env, work->result, &result);
  else napi_get_null(env, &result);
  napi_resolve_deferred(env, work->deferred, result);
  napi_delete_reference(env, work->bytes);
  napi_delete_reference(env, work->result);
  napi_delete_async_work(env, work->work);
  delete work;
}

napi_value makeSides(napi_env env, int width, int height) {
  napi_value result, number;
  napi_create_object(env, &result);
  napi_create_int32(env, width, &number);
  napi_set_named_property(env, result, "width", number);
  napi_create_int32(env, height, &number);
  napi_set_named_property(env, result, "height", number);
  return result;
}

/** { width, height, data } with `data` of the size of the pixels, which `out` then points to. */
napi_value makeResult(napi_env env, int width, int height, uint8_t** out) {
  napi_value buffer, data;
  const size_t size = (size_t)width * height * 3;
  if (napi_create_arraybuffer(env, size, reinterpret_cast<void**>(out), &buffer) != napi_ok) return nullptr;
  napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &data);
  const napi_value result = makeSides(env, width, height);
  napi_set_named_property(env, result, "data", data);
  return result;
}

/** Sides of an image that can be decoded here; false for any other. */
bool readSides(const uint8_t* bytes, size_t size, double maxPixels, int* width, int* height) {
  if (!isPlain(bytes, size)) return false;
  Handle handle = decoderHere();
  if (!handle) return false;
  const bool isRead = turbo.header(handle, bytes, size) == 0 && turbo.get(handle, colourSpace) == ycbcr && turbo.get(handle, precision) == 8;
  *width = turbo.get(handle, jpegWidth);
  *height = turbo.get(handle, jpegHeight);
  return isRead && *width > 0 && *height > 0 && (double)*width * *height <= maxPixels;
}

struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};

bool toBytes(napi_env env, napi_value value, Bytes& bytes) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, &bytes.size, reinterpret_cast<void**>(&bytes.data), nullptr, nullptr) == napi_ok &&
         type == napi_uint8_array;
}

/** The arguments of a function of two, the first of them bytes; false, with an exception, for anything else. */
bool readArguments(napi_env env, napi_callback_info info, Bytes& bytes, napi_value arguments[2]) {
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count == 2 && toBytes(env, arguments[0], bytes) && turbo.init) return true;
  napi_throw_type_error(env, nullptr, "jpeg: takes a Uint8Array and one argument more, after open()");
  return false;
}

bool toPixels(napi_env env, napi_value value, double& maxPixels) {
  if (napi_get_value_double(env, value, &maxPixels) == napi_ok) return true;
  napi_throw_type_error(env, nullptr, "jpeg: maxPixels is no number");
  return false;
}

napi_value sides(napi_env env, napi_callback_info info) {
  Bytes bytes;
  double maxPixels = 0;
  int width = 0, height = 0;
  napi_value arguments[2], nothing;
  if (!readArguments(env, info, bytes, arguments) || !toPixels(env, arguments[1], maxPixels)) return nullptr;
  if (readSides(bytes.data, bytes.size, maxPixels, &width, &height)) return makeSides(env, width, height);
  napi_get_null(env, &nothing);
  return nothing;
}

napi_value decodeInto(napi_env env, napi_callback_info info) {
  Bytes bytes, target;
  int width = 0, height = 0;
  napi_value arguments[2], result;
  if (!readArguments(env, info, bytes, arguments)) return nullptr;
  if (!toBytes(env, arguments[1], target) || !readSides(bytes.data, bytes.size, 1e18, &width, &height) ||
      target.size != (size_t)width * height * 3) {
    napi_throw_type_error(env, nullptr, "jpeg: decodeInto takes a plain JPEG and a Uint8Array of its size");
    return nullptr;
  }
  napi_get_boolean(env, decodeTo(bytes.data, bytes.size, target.data), &result);
  return result;
}

napi_value decode(napi_env env, napi_callback_info info) {
  napi_value arguments[2], promise, nothing, name;
  Bytes bytes;
  double maxPixels = 0;
  if (!readArguments(env, info, bytes, arguments) || !toPixels(env, arguments[1], maxPixels)) return nullptr;
  Work* work = new Work();
  napi_create_promise(env, &work->deferred, &promise);
  napi_value result = nullptr;
  if (readSides(bytes.data, bytes.size, maxPixels, &work->width, &work->height))
    result = makeResult(env, work->width, work->height, &work->out);
  if (!result) {
    napi_get_null(env, &nothing);
    napi_resolve_deferred(env, work->deferred, nothing);
    delete work;
    return promise;
  }
  work->in = bytes.data;
  work->size = bytes.size;
  napi_create_reference(env, arguments[0], 1, &work->bytes);
  napi_create_reference(env, result, 1, &work->result);
  napi_create_string_utf8(env, "jpeg", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, execute, complete, work, &work->work);
  napi_queue_async_work(env, work->work);
  return promise;
}

napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  char path[4096] = "";
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_string_utf8(env, argument, path, sizeof path, nullptr);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const char* missing = library ? nullptr : dlerror();
  const auto find = [&](auto& function, const char* symbol) {
    if (missing) return;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, symbol));
    if (!function) missing = symbol;
  };
  find(turbo.init, "tj3Init");
  find(turbo.destroy, "tj3Destroy");
  find(turbo.header, "tj3DecompressHeader");
  find(turbo.decompress, "tj3Decompress8");
  find(turbo.get, "tj3Get");
  find(turbo.set, "tj3Set");
  if (missing) {
    turbo.init = nullptr;
    napi_throw_error(env, nullptr, missing);
  }
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const auto add = [&](const char* name, napi_callback call) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  };
  add("open", open);
  add("decode", decode);
  add("sides", sides);
  add("decodeInto", decodeInto);
  return exports;
}
