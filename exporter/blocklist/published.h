// A value that one thread replaces while another one reads it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

namespace dnsexp {

// One thread reads and never waits; one at a time publishes and waits for the reader. The reader says what it
// uses before it uses it (a hazard pointer), so that the old value goes as soon as it is let go.
template <typename T>
class Published {
  public:
    class Reading {
      public:
        explicit Reading(Published& from) : from_(from), value_(from.hold()) {}
        ~Reading() { from_.in_use_.store(nullptr, std::memory_order_release); }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;
        const T& operator*() const { return *value_; }
        const T* operator->() const { return value_; }

      private:
        Published& from_;
        const T* value_;
    };

    explicit Published(std::unique_ptr<const T> first) : current_(first.release()) {}
    ~Published() { delete current_.load(); }
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;

    // Of the reader's thread: one Reading at a time.
    Reading read() { return Reading(*this); }

    // Of the publisher's thread. Returns the old value, which nobody reads any more.
    std::unique_ptr<const T> publish(std::unique_ptr<const T> next) {
        std::unique_ptr<const T> old(current_.exchange(next.release()));
        while (in_use_.load() == old.get()) std::this_thread::sleep_for(std::chrono::microseconds(50));
        return old;
    }

    // Of the publisher's thread.
    [[nodiscard]] const T& latest() const { return *current_.load(); }

  private:
    const T* hold() {
        const T* value = current_.load();
        for (;;) {
            in_use_.store(value);
            const T* const again = current_.load();  // the publisher may not have seen the store
            if (again == value) return value;
            value = again;
        }
    }

    std::atomic<const T*> current_;
    std::atomic<const T*> in_use_{nullptr};
};

}  // namespace dnsexp
