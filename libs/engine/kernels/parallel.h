// Runs the parts of a kernel on every core.
#pragma once
#include <cstdint>
#include <functional>

namespace unlabel {

/** Sets how many threads work on a kernel, the caller among them; once, before the first kernel runs. */
void setThreads(int threads);

/**
 * Calls `part(i)` for i in [0, parts), each once, on any thread, and returns when all are done. What a part computes must not
 * depend on the thread: equal inputs give equal bits whatever the number of threads.
 */
void parallel(int64_t parts, const std::function<void(int64_t)>& part);

}  // namespace unlabel
