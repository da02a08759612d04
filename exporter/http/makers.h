// The threads that make responses.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace dnsexp {

// A response takes a CPU and memory, which counting needs more: few are made at a time. And a thread's stack
// stays as large as it once was: connections have many threads, which only wait and send. Thread-safe.
class Makers {
  public:
    // Throws std::system_error where a thread can't start. They inherit the caller's signal mask.
    explicit Makers(unsigned threads);
    // Nobody may be in run().
    ~Makers();
    Makers(const Makers&) = delete;
    Makers& operator=(const Makers&) = delete;

    // Runs the task on one of the threads, in the order of the calls, and waits for it. Throws what it
    // throws.
    void run(const std::function<void()>& task);

  private:
    struct Job {
        const std::function<void()>* task;
        std::exception_ptr failure;
        bool is_done = false;
    };

    void work(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any came_;
    std::condition_variable done_;
    std::deque<Job*> waiting_;
    std::vector<std::jthread> threads_;  // the last member: they use the others
};

}  // namespace dnsexp
