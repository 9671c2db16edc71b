// Which vector instructions the processor has, in the levels that modules are compiled for (tools/setup/levelled-module.ts).
// Asked of the processor itself: the compilers' own __builtin_cpu_supports says no to everything in some of them.
#pragma once
#include <cpuid.h>

#include <cstdint>
#include <cstring>

namespace unlabel {

enum class Level { plain, avx2, avx512, avx512bf16, amxbf16 };
constexpr const char* levelNames[] = {"plain", "avx2", "avx512", "avx512bf16", "amxbf16"};

inline const char* nameOf(Level level) { return levelNames[static_cast<int>(level)]; }

/** The highest level that processor and operating system have. */
inline Level highestLevel() {
  uint32_t a, b, c, d;
  const auto has = [](uint32_t bits, int bit) { return (bits >> bit & 1) != 0; };
  if (!__get_cpuid(1, &a, &b, &c, &d)) return Level::plain;
  const bool hasFma = has(c, 12), keepsVectors = has(c, 27);
  if (!hasFma || !keepsVectors) return Level::plain;
  uint32_t kept, rest;
  __asm__("xgetbv" : "=a"(kept), "=d"(rest) : "c"(0));
  if ((kept & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, 5)) return Level::plain;
  const bool hasTiles = has(d, 22) && has(d, 24) && has(kept, 17) && has(kept, 18);
  const bool hasAvx512 = has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31);  // F, DQ, BW, VL
  if (!hasAvx512 || (kept & 0xe6) != 0xe6) return Level::avx2;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !has(a, 5)) return Level::avx512;
  return hasTiles ? Level::amxbf16 : Level::avx512bf16;
}

/** The same, at most the level named `cap` where there is one of that name. */
inline Level highestLevel(const char* cap) {
  const Level highest = highestLevel();
  for (Level level : {Level::plain, Level::avx2, Level::avx512, Level::avx512bf16})
    if (strcmp(cap, nameOf(level)) == 0 && level < highest) return level;
  return highest;
}

}  // namespace unlabel
