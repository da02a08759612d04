// Source -> fold -> exposition text: the one place where they meet, and the lock between the threads that use
// them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporter/app/event_tap.h"
#include "exporter/app/security_desk.h"
#include "exporter/base/result.h"
#include "exporter/bpf/kernel_source.h"
#include "exporter/chains/chains.h"
#include "exporter/fold/fold.h"
#include "exporter/fold/summary.h"
#include "exporter/fold/transaction_row.h"
#include "exporter/fold/workload_report.h"
#include "exporter/http/router.h"
#include "exporter/metrics/export_shape.h"
#include "exporter/os/capabilities.h"
#include "exporter/workload/directory.h"

namespace dnsexp {

// Scrapes that come within this time share one reading of the maps.
inline constexpr std::chrono::milliseconds kSharedScrape{100};
// Nobody collects any more when no collector has come for so long: Prometheus calls a series stale after it.
inline constexpr std::chrono::minutes kCollectorGone{5};
// The reader comes every few milliseconds; one that has not come for so long is stuck.
inline constexpr std::chrono::seconds kReaderStuck{10};

// What the API tells, as of one reading.
struct ApiData {
    WorkloadReport workloads;
    Summary summary;
    std::vector<TransactionRow> slow;
    uint64_t slow_threshold_ns = 0;
};

// Thread-safe.
class Pipeline {
    using Clock = std::chrono::steady_clock;

  public:
    // `directory` may be null: workloads have no names then. So may `security`: nothing is judged.
    // So may `query_log`.
    Pipeline(std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
             std::unique_ptr<SecurityDesk> security, std::unique_ptr<QueryLog> query_log,
             const Config& config);

    // Takes all waiting events. Called by the reader's timer, and by it alone: healthy() tells by it.
    Status drain();

    // Attaches to what the state and the patterns choose; see Attacher::sync.
    Status sync_interfaces(const NetworkState& state, const std::vector<std::string>& patterns,
                           bool named_must_work);

    // Puts what a reload may change into force; no count is lost. An Error: everything is as it was. One call
    // at a time.
    Status reconfigure(const Config& next);

    // Opens the files that are written to anew, and reads the lists: after a SIGHUP.
    void reopen_files();

    // A reload has ended so.
    void note_reload(bool worked);

    // Attaches what tells whose a message is.
    Status attach_owners(const CaptureConfig& config);

    // Attaches what sees calls of getaddrinfo().
    Status attach_libcs();

    // What takes capabilities from now on.
    CapabilityNeeds capability_needs();

    // What is attached to C libraries stays so; others are not looked for.
    void stop_following_libcs();

    // Whether runs of the BPF programs are counted; see ProgramStats::set.
    Status set_program_stats(bool on);

    // The page of /metrics. Throws std::runtime_error where the maps can't be read, which the server makes a
    // 500.
    std::string metrics(Scraper scraper);

    // What the API tells. Answers that come within kSharedScrape share one reading. Throws as metrics() does.
    std::shared_ptr<const ApiData> api_data();

    // Whether chains are told of.
    [[nodiscard]] bool has_chains() const { return chains_.has_value(); }

    // The last `limit` chains of those after the sequence number, up to now. Throws as metrics() does.
    ChainReport chains(uint64_t after, size_t limit);

    // What is judged; null: nothing. Its functions for any thread may be called.
    [[nodiscard]] SecurityDesk* security() const { return security_.get(); }

    // Where single transactions leave. Its functions for any thread may be called.
    [[nodiscard]] EventTap& tap() { return tap_; }

    // Watching: programs are attached and the reader runs. Never blocks.
    [[nodiscard]] bool ready() const { return attached_ && healthy(); }
    // The reader runs. Never blocks.
    [[nodiscard]] bool healthy() const { return Clock::now() - last_drain_.load() < kReaderStuck; }

  private:
    void make_chains();
    FoldOptions fold_options(const Config& config);
    Status apply(const Config& next, std::optional<SecurityChange> security,
                 std::optional<LeavingSecurity>& leaving);
    void exchange_log(std::unique_ptr<QueryLog> log);
    void reshape(const Config& next);
    Status drain_locked();
    void judge_locked();
    AskerNames names_of(const dns_asker& asker);
    RawSnapshot read_locked();
    NamesByCgroup names_of(const std::vector<WorkloadCounts>& workloads);

    std::mutex scrape_mutex_;  // one scrape at a time; taken before mutex_
    ExportShape shape_;
    std::string page_;
    Clock::time_point page_time_;
    Scraper page_for_ = Scraper::reader;
    std::optional<Clock::time_point> last_collected_;
    ReloadState reloads_;

    std::mutex api_mutex_;  // one reading for the API at a time; taken before mutex_
    std::shared_ptr<const ApiData> api_data_;
    Clock::time_point api_time_;

    std::mutex mutex_;  // source and fold
    std::unique_ptr<KernelSource> source_;
    std::unique_ptr<WorkloadDirectory> directory_;
    std::unique_ptr<SecurityDesk> security_;
    EventTap tap_;
    Fold fold_;
    std::optional<Chains> chains_;  // nothing where no sockets tell

    Config config_;  // in force; of the thread that reloads

    std::atomic<Clock::time_point> last_drain_ = Clock::now();
    std::atomic<bool> attached_ = false;
};

}  // namespace dnsexp
