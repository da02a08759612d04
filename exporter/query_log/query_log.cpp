#include "exporter/query_log/query_log.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "exporter/api/json.h"
#include "exporter/base/log.h"
#include "exporter/base/thread_signal.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;

// Lines are gathered for so long, so that a busy log takes few writes; nobody notices it in a quiet one.
constexpr std::chrono::milliseconds kGather{20};
// With so many waiting there is no more gathering.
constexpr size_t kManyRows = QueryLog::capacity / 4;
constexpr size_t kWriteOctets = size_t{64} * 1024;
constexpr std::chrono::seconds kLastWrites{1};

}  // namespace

Result<std::unique_ptr<QueryLog>> QueryLog::make(const QueryLogConfig& config) {
    auto file = LineFile::open(config.path);
    if (!file) return std::move(file).error();
    try {
        return std::unique_ptr<QueryLog>(new QueryLog(config, std::move(file).value()));
    } catch (const std::exception& error) {
        return Error{"start query log", config.path, 0, error.what(), ""};
    }
}

QueryLog::QueryLog(const QueryLogConfig& config, LineFile file)
    : config_(config),
      redactor_(config.names, config.clients, config.hash_key),
      sampler_(config.sample),
      file_(std::move(file)),
      thread_([this] { run(); }) {}

QueryLog::~QueryLog() {
    finish();
}

void QueryLog::finish() {
    if (!thread_.joinable()) return;
    deadline_ = Clock::now() + kLastWrites;
    {
        const std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
    const QueryLogStatus sums = status();
    log_info("query log closed", {{"written", std::to_string(sums.written)},
                                  {"sampled", std::to_string(sums.sampled)},
                                  {"dropped", std::to_string(sums.dropped)},
                                  {"failed", std::to_string(sums.failed)}});
}

bool QueryLog::samples() {
    const bool takes = sampler_.takes();
    if (!takes) sampled_.fetch_add(1, std::memory_order_relaxed);
    return takes;
}

void QueryLog::add(TransactionRow row) {
    size_t waiting = 0;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() < capacity) {
            queue_.push_back(std::move(row));
            waiting = queue_.size();
        }
    }
    if (waiting == 0) dropped_.fetch_add(1, std::memory_order_relaxed);
    if (waiting == 1 || waiting == kManyRows) changed_.notify_all();
}

void QueryLog::reopen() {
    {
        const std::lock_guard lock(mutex_);
        must_open_ = true;
    }
    changed_.notify_all();
}

QueryLogStatus QueryLog::status() const {
    return {written_, sampled_, dropped_, failed_};
}

bool QueryLog::is_over() const {
    return Clock::now() >= deadline_.load();
}

void QueryLog::run() {
    block_other_signals();
    std::vector<TransactionRow> batch;
    while (next_batch(batch)) {
        if (must_open_.exchange(false)) open_anew();
        write(batch);
    }
}

// Waits for work: transactions to write, or, with an empty batch, a file to open. False: there is no more.
bool QueryLog::next_batch(std::vector<TransactionRow>& batch) {
    batch.clear();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_closing_ || must_open_ || !queue_.empty(); });
    changed_.wait_for(lock, kGather,
                      [this] { return is_closing_ || must_open_ || queue_.size() >= kManyRows; });
    queue_.swap(batch);
    return !batch.empty() || must_open_ || !is_closing_;
}

void QueryLog::write(std::vector<TransactionRow>& batch) {
    std::string lines;
    size_t count = 0;
    for (TransactionRow& row : batch) {
        try {
            row.name = redactor_.name(row.name);
            row.client = redactor_.client(row.client);
            lines += transaction_json(row, config_.sample) + "\n";
            ++count;
        } catch (const std::exception&) {  // no memory for this one
            ++failed_;
        }
        if (lines.size() >= kWriteOctets) flush(lines, std::exchange(count, 0));
    }
    flush(lines, count);
}

// Writes so many lines, and empties the text.
void QueryLog::flush(std::string& lines, size_t count) {
    if (lines.empty()) return;
    LineFile::Written written{0, ECANCELED};
    if (!is_over()) written = file_.write(lines, [this] { return is_over(); });
    const auto end = lines.begin() + static_cast<std::ptrdiff_t>(written.octets);
    const auto whole = static_cast<size_t>(std::count(lines.begin(), end, '\n'));
    written_ += whole;
    failed_ += count - whole;
    lines.clear();
    if (written.errnum == std::exchange(last_error_, written.errnum)) return;
    if (written.errnum == 0)
        log_info("the query log is written again", {{"path", config_.path}});
    else
        log_warn("can't write the query log: transactions are missing in it",
                 {{"err", Error{"write", config_.path, written.errnum, "", ""}.message()}});
}

void QueryLog::open_anew() {
    auto opened = LineFile::open(config_.path);
    if (opened)
        file_ = std::move(opened).value();
    else
        log_warn("can't open the query log anew; the old file stays", {{"err", opened.error().message()}});
}

}  // namespace dnsexp
