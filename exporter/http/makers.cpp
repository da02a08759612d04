#include "exporter/http/makers.h"

namespace dnsexp {

Makers::Makers(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

Makers::~Makers() {
    for (std::jthread& thread : threads_) thread.request_stop();
}

void Makers::run(const std::function<void()>& task) {
    Job job{&task, nullptr};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&job);
    came_.notify_one();
    done_.wait(lock, [&job] { return job.is_done; });
    if (job.failure) std::rethrow_exception(job.failure);
}

void Makers::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (came_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
        Job* const job = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        try {
            (*job->task)();
        } catch (...) {
            job->failure = std::current_exception();
        }
        lock.lock();
        job->is_done = true;
        done_.notify_all();
    }
}

}  // namespace dnsexp
