// The query log: one JSON line a transaction, written by a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/fold/sampler.h"
#include "exporter/fold/transaction_row.h"
#include "exporter/query_log/line_file.h"
#include "exporter/redact/redactor.h"

namespace dnsexp {

// Transactions, by what became of them.
struct QueryLogStatus {
    uint64_t written = 0;
    uint64_t sampled = 0;  // left out by the sample
    uint64_t dropped = 0;  // the queue was full
    uint64_t failed = 0;   // the file did not take them
};

class QueryLog {
  public:
    // Transactions that wait; as many may be in the writer's hands: 20 MiB in all with names of usual
    // lengths.
    static constexpr size_t capacity = 16'384;

    // Opens the file and starts the thread. `config.path` is not empty.
    static Result<std::unique_ptr<QueryLog>> make(const QueryLogConfig& config);
    // As finish().
    ~QueryLog();
    QueryLog(const QueryLog&) = delete;
    QueryLog& operator=(const QueryLog&) = delete;

    // Whether the next transaction belongs to the sample; if so, add() it. One thread at a time.
    bool samples();

    // Never waits for the file; takes a mutex that is held for moments only. Thread-safe.
    void add(TransactionRow row);

    // Opens the path anew before the next line is written; where that fails the old file stays. Thread-safe.
    void reopen();

    // Nothing is added any more: writes what waits, for a second at most, and logs the sums, once. After that
    // status() does not change.
    void finish();

    [[nodiscard]] QueryLogStatus status() const;  // thread-safe

  private:
    QueryLog(const QueryLogConfig& config, LineFile file);

    void run();
    bool next_batch(std::vector<TransactionRow>& batch);
    void write(std::vector<TransactionRow>& batch);
    void flush(std::string& lines, size_t count);
    void open_anew();
    [[nodiscard]] bool is_over() const;

    const QueryLogConfig config_;
    const Redactor redactor_;
    Sampler sampler_;
    std::atomic<uint64_t> sampled_ = 0, dropped_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<TransactionRow> queue_;
    bool is_closing_ = false;
    std::atomic<bool> must_open_ = false;
    std::atomic<std::chrono::steady_clock::time_point> deadline_ =
        std::chrono::steady_clock::time_point::max();

    // Of the thread.
    LineFile file_;
    int last_error_ = 0;  // and that was logged
    std::atomic<uint64_t> written_ = 0, failed_ = 0;

    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace dnsexp
