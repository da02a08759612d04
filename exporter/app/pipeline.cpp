#include "exporter/app/pipeline.h"

#include <algorithm>
#include <stdexcept>

#include "exporter/base/clock.h"
#include "exporter/fold/latency_summary.h"
#include "exporter/metrics/exposition.h"
#include "exporter/os/process_metrics.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

SelfMetrics self_metrics(double scrape_seconds) {
    SelfMetrics self;
    self.version = DNSEXP_VERSION;
    self.revision = DNSEXP_REVISION;
    self.compiler = DNSEXP_COMPILER;
    self.scrape_duration_seconds = scrape_seconds;
    const auto process = read_process_metrics();
    if (!process) throw std::runtime_error(process.error().message());
    const ProcessMetrics& p = process.value();
    self.process_cpu_seconds = p.cpu_seconds;
    self.process_open_fds = static_cast<double>(p.open_fds);
    self.process_max_fds = static_cast<double>(p.max_fds);
    self.process_virtual_memory_bytes = static_cast<double>(p.virtual_memory_bytes);
    self.process_virtual_memory_max_bytes = static_cast<double>(p.virtual_memory_max_bytes);
    self.process_resident_memory_bytes = static_cast<double>(p.resident_memory_bytes);
    self.process_start_time_seconds = p.start_time_seconds;
    return self;
}

}  // namespace

Pipeline::Pipeline(std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
                   std::unique_ptr<SecurityDesk> security, FoldOptions options)
    : source_(std::move(source)),
      directory_(std::move(directory)),
      security_(std::move(security)),
      fold_(with_searches(std::move(options))) {
    fold_.set_collected(false);  // until a collector comes
    make_chains();
}

// Of what sockets tell; interfaces tell of none.
void Pipeline::make_chains() {
    if (source_->programs().backend != DNS_BACKEND_CGROUP) return;
    chains_.emplace(in_seconds(source_->latency_edges_ns()), source_->query_timeout_ns(),
                    [this](uint32_t slot) { return source_->workload_of(slot); });
}

// Sockets tell of searches; where no programs are on them, interfaces do.
FoldOptions Pipeline::with_searches(FoldOptions options) {
    if (!directory_) return options;
    const bool by_socket = source_->programs().backend == DNS_BACKEND_CGROUP;
    options.search_lane = by_socket ? DNS_EVENT_SOCKET : DNS_EVENT_WIRE;
    options.search_lists = [this](const dns_asker& asker) {
        return directory_->search_list(asker.pid, source_->workload_of(asker.workload).cgroup, Clock::now());
    };
    return options;
}

Status Pipeline::drain_locked() {
    auto drained = source_->drain([this](const dns_event& event) {
        fold_.add_event(event);
        if (chains_) chains_->add(event);
        if (security_) security_->add(event);
    });
    if (!drained) return drained.error();
    if (chains_) chains_->expire(monotonic_ns());
    if (security_) judge_locked();
    return ok();
}

void Pipeline::judge_locked() {
    if (const uint64_t now_ns = monotonic_ns(); security_->is_due(now_ns))
        security_->tick(source_->busy_clients(now_ns), now_ns);
    security_->tell([this](const dns_asker& asker) {
        AskerNames found{source_->workload_of(asker.workload), {}};
        if (directory_ && found.workload.cgroup != 0)
            found.names = directory_->names(found.workload.cgroup, Clock::now());
        return found;
    });
}

Status Pipeline::drain() {
    const std::lock_guard lock(mutex_);
    if (directory_) directory_->poll();
    Status status = drain_locked();
    if (status) last_drain_ = Clock::now();
    return status;
}

Status Pipeline::sync_interfaces(const NetworkState& state, const std::vector<std::string>& patterns,
                                 bool named_must_work) {
    const std::lock_guard lock(mutex_);
    Status status = source_->sync_interfaces(state, choose_interfaces(state, patterns), named_must_work);
    const auto hooks = source_->hooks();
    attached_ =
        std::any_of(hooks.begin(), hooks.end(), [](const AttachedHook& hook) { return hook.attached; });
    return status;
}

Status Pipeline::attach_owners(const CaptureConfig& config) {
    const std::lock_guard lock(mutex_);
    return source_->attach_owners(config);
}

Status Pipeline::attach_libcs() {
    const std::lock_guard lock(mutex_);
    return source_->attach_libcs();
}

NamesByCgroup Pipeline::names_of(const std::vector<WorkloadCounts>& workloads) {
    NamesByCgroup names;
    if (!directory_) return names;
    const auto now = Clock::now();
    for (const WorkloadCounts& one : workloads)
        if (one.slot >= DNS_WORKLOAD_OTHERS && !names.contains(one.key.cgroup))
            names.emplace(one.key.cgroup, directory_->names(one.key.cgroup, now));
    return names;
}

// Events first: then the snapshot counts no transaction whose event is still to come, but for what passes
// now.
RawSnapshot Pipeline::read_locked() {
    if (auto status = drain_locked(); !status) throw std::runtime_error(status.error().message());
    auto snapshot = source_->read();
    if (!snapshot) throw std::runtime_error(snapshot.error().message());
    return std::move(snapshot).value();
}

std::string Pipeline::metrics(Scraper scraper) {
    const std::lock_guard one_scrape(scrape_mutex_);
    const auto start = Clock::now();
    // A collector's page has consequences (Fold::exported), so a reader's can't stand in for it.
    const bool shareable = page_for_ == Scraper::collector || scraper == Scraper::reader;
    if (!page_.empty() && shareable && start - page_time_ < kSharedScrape) return page_;
    if (scraper == Scraper::collector) last_collected_ = start;
    const bool collected = last_collected_ && start - *last_collected_ < kCollectorGone;
    Folded folded;
    {
        const std::lock_guard lock(mutex_);
        fold_.set_collected(collected);
        const RawSnapshot snapshot = read_locked();
        folded = fold_.fold(snapshot, names_of(snapshot.workloads));
        if (chains_) chains_->fill(snapshot, folded);
        if (security_) security_->fill(folded);
        if (scraper == Scraper::collector || !collected) fold_.exported();
    }
    page_ = exposition(folded, self_metrics(std::chrono::duration<double>(Clock::now() - start).count()));
    page_time_ = Clock::now();
    page_for_ = scraper;
    return page_;
}

std::shared_ptr<const ApiData> Pipeline::api_data() {
    const std::lock_guard one_reading(api_mutex_);
    if (api_data_ && Clock::now() - api_time_ < kSharedScrape) return api_data_;
    auto data = std::make_shared<ApiData>();
    RawSnapshot snapshot;
    NamesByCgroup names;
    EndedWorkloads::Sums ended;
    std::vector<DomainCount> domains;
    std::optional<RecentLatency::Extremes> recent;
    const uint64_t offset_ns = unix_offset_ns();
    {
        const std::lock_guard lock(mutex_);
        snapshot = read_locked();
        names = names_of(snapshot.workloads);
        fold_.update(snapshot, names);
        ended = fold_.ended_workloads();
        domains = fold_.heaviest_domains(kSummaryDomains);
        recent = fold_.recent().extremes(snapshot.time_ns);
        data->slow = fold_.slow().rows(offset_ns);
        data->slow_threshold_ns = fold_.slow().threshold_ns();
    }
    data->workloads = workload_report(snapshot, names, ended, offset_ns);
    data->summary = summary_report(snapshot, std::move(domains), recent, offset_ns);
    api_data_ = std::move(data);
    api_time_ = Clock::now();
    return api_data_;
}

ChainReport Pipeline::chains(uint64_t after, size_t limit) {
    const std::lock_guard lock(mutex_);
    ChainReport report;
    if (!chains_) return report;
    if (auto status = drain_locked(); !status) throw std::runtime_error(status.error().message());
    report = chains_->report(after, limit);
    const auto now = Clock::now();
    for (auto* rows : {&report.last, &report.slowest})
        for (ChainRow& row : *rows)
            if (directory_ && row.cgroup != 0) row.names = directory_->names(row.cgroup, now);
    return report;
}

}  // namespace dnsexp
