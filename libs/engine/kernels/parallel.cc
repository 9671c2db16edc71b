#include "parallel.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace unlabel {
namespace {

struct Job {
  const std::function<void(int64_t)>* part;
  int64_t parts;
  std::atomic<int64_t> next{0};
  std::atomic<int64_t> done{0};

  void work() {
    for (int64_t i; (i = next.fetch_add(1)) < parts;) {
      (*part)(i);
      done.fetch_add(1);
    }
  }
};

// Threads that wait for jobs. Several kernels may run at once: a thread takes whichever job is first in the queue, and
// each caller works on its own job, so that none waits for a thread.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 1; i < threads; i++) std::thread([this] { serve(); }).detach();
    size_ = threads;
  }

  void run(int64_t parts, const std::function<void(int64_t)>& part) {
    if (parts <= 0) return;
    if (parts == 1 || size_ <= 1) {
      for (int64_t i = 0; i < parts; i++) part(i);
      return;
    }
    auto job = std::make_shared<Job>();
    job->part = &part;
    job->parts = parts;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(job);
    }
    if (parts == 2) ready_.notify_one();
    else ready_.notify_all();
    job->work();
    while (job->done.load() < parts) std::this_thread::yield();
  }

 private:
  void serve() {
    for (;;) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
          while (!jobs_.empty() && jobs_.front()->next.load() >= jobs_.front()->parts) jobs_.pop_front();
          if (!jobs_.empty()) break;
          ready_.wait(lock);
        }
        job = jobs_.front();
      }
      job->work();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::shared_ptr<Job>> jobs_;
  int size_ = 1;
};

Pool* pool = nullptr;  // never freed: its threads outlive everything

}  // namespace

void setThreads(int threads) {
  if (!pool) pool = new Pool(threads);
}

void parallel(int64_t parts, const std::function<void(int64_t)>& part) {
  if (!pool) setThreads(1);
  pool->run(parts, part);
}

}  // namespace unlabel
