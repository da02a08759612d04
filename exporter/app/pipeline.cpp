#include "exporter/app/pipeline.h"

#include <algorithm>
#include <stdexcept>

#include "exporter/api/parameters.h"
#include "exporter/app/shape_options.h"
#include "exporter/base/clock.h"
#include "exporter/base/log.h"
#include "exporter/fold/latency_summary.h"
#include "exporter/metrics/exposition.h"
#include "exporter/os/memory.h"
#include "exporter/os/process_metrics.h"
#include "exporter/version.h"

namespace dnsexp {
namespace {

constexpr uint64_t kNsPerMillisecond = 1'000'000;

// Of the process; the rest is the pipeline's.
SelfMetrics process_self_metrics() {
    SelfMetrics self;
    self.version = DNSEXP_VERSION;
    self.revision = DNSEXP_REVISION;
    self.compiler = DNSEXP_COMPILER;
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
    self.reload.last_success_unix = p.start_time_seconds;  // what was loaded at the start is in force
    return self;
}

}  // namespace

Pipeline::Pipeline(std::unique_ptr<KernelSource> source, std::unique_ptr<WorkloadDirectory> directory,
                   std::unique_ptr<SecurityDesk> security, std::unique_ptr<QueryLog> query_log,
                   const Config& config)
    : shape_(shape_options(config)),
      source_(std::move(source)),
      directory_(std::move(directory)),
      security_(std::move(security)),
      tap_(std::move(query_log), kStreamsMax),
      fold_(fold_options(config)),
      config_(config) {
    source_->set_batch_size(config.performance.event_batch_size);
    reloads_.last_success_unix = in_seconds(unix_ns());
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
FoldOptions Pipeline::fold_options(const Config& config) {
    FoldOptions options;
    options.top_domains = config.metrics.top_domains;
    options.top_clients = config.metrics.top_clients;
    options.top_workloads = config.workload.top_workloads;
    options.slow_threshold_ns = uint64_t{config.web.slow_query_milliseconds} * kNsPerMillisecond;
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
        if (tap_.is_open()) tap_.add(event, [this](const dns_asker& asker) { return names_of(asker); });
    });
    if (!drained) return drained.error();
    if (chains_) chains_->expire(monotonic_ns());
    if (security_) judge_locked();
    return ok();
}

void Pipeline::judge_locked() {
    if (const uint64_t now_ns = monotonic_ns(); security_->is_due(now_ns))
        security_->tick(source_->busy_clients(now_ns), now_ns);
    security_->tell([this](const dns_asker& asker) { return names_of(asker); });
}

AskerNames Pipeline::names_of(const dns_asker& asker) {
    AskerNames found{source_->workload_of(asker.workload), {}};
    if (directory_ && found.workload.cgroup != 0)
        found.names = directory_->names(found.workload.cgroup, Clock::now());
    return found;
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

Status Pipeline::reconfigure(const Config& next) {
    const bool logs_anew = !(next.query_log == config_.query_log);
    std::unique_ptr<QueryLog> log;
    if (logs_anew && !next.query_log.path.empty()) {
        auto made = QueryLog::make(next.query_log);
        if (!made) return made.error();
        log = std::move(made).value();
    }
    std::optional<SecurityChange> security;
    if (security_) {
        auto prepared = security_->prepare(next);
        if (!prepared) return prepared.error();
        security = std::move(prepared).value();
    }
    std::optional<LeavingSecurity> leaving;  // takes its time to end, without the lock
    if (auto status = apply(next, std::move(security), leaving); !status) return status;
    if (logs_anew) exchange_log(std::move(log));
    reshape(next);
    config_ = next;
    return ok();
}

// The short part, which events and scrapes wait for.
Status Pipeline::apply(const Config& next, std::optional<SecurityChange> security,
                       std::optional<LeavingSecurity>& leaving) {
    const std::lock_guard lock(mutex_);
    const auto restarted = source_->reconfigure(next);
    if (!restarted) return restarted.error();
    source_->set_batch_size(next.performance.event_batch_size);
    fold_.reconfigure(fold_options(next));
    if (security) leaving.emplace(security_->apply(std::move(*security)));
    if (restarted.value()) {
        fold_.restart_latency();
        if (chains_) chains_->restart_times(in_seconds(source_->latency_edges_ns()));
        log_warn("metrics.latency_buckets_seconds has changed: the histograms of times begin anew", {});
    }
    return ok();
}

void Pipeline::exchange_log(std::unique_ptr<QueryLog> log) {
    QueryLog* leaving = nullptr;
    {
        const std::lock_guard lock(mutex_);
        leaving = tap_.exchange_log(std::move(log));
    }
    if (leaving) leaving->finish();  // takes a second at most
    const std::lock_guard lock(mutex_);
    tap_.forget_leaving();
}

// Sums of merged series begin anew with another shape, so the same one stays.
void Pipeline::reshape(const Config& next) {
    if (have_same_shape(config_, next)) return;
    const std::lock_guard one_scrape(scrape_mutex_);
    shape_ = ExportShape(shape_options(next));
    page_.clear();
}

void Pipeline::reopen_files() {
    if (security_) security_->reopen();
    const std::lock_guard lock(mutex_);
    if (tap_.log()) tap_.log()->reopen();
}

void Pipeline::note_reload(bool worked) {
    const std::lock_guard lock(scrape_mutex_);
    ++(worked ? reloads_.ok : reloads_.failed);
    reloads_.last_ok = worked;
    if (worked) reloads_.last_success_unix = in_seconds(unix_ns());
}

Status Pipeline::attach_owners(const CaptureConfig& config) {
    const std::lock_guard lock(mutex_);
    return source_->attach_owners(config);
}

Status Pipeline::attach_libcs() {
    const std::lock_guard lock(mutex_);
    return source_->attach_libcs();
}

CapabilityNeeds Pipeline::capability_needs() {
    const std::lock_guard lock(mutex_);
    const auto hooks = source_->hooks();
    CapabilityNeeds needs;
    needs.attaches = true;
    needs.removes_filters = std::any_of(hooks.begin(), hooks.end(), [](const AttachedHook& hook) {
        return hook.attached && hook.mode == "clsact";
    });
    needs.probes_libcs = source_->probes_libcs();
    needs.reads_processes = directory_ != nullptr;
    return needs;
}

void Pipeline::stop_following_libcs() {
    const std::lock_guard lock(mutex_);
    source_->stop_following_libcs();
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

Status Pipeline::set_program_stats(bool on) {
    const std::lock_guard lock(mutex_);
    return source_->set_program_stats(on);
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
    SelfMetrics self = process_self_metrics();
    {
        const std::lock_guard lock(mutex_);
        fold_.set_collected(collected);
        const RawSnapshot snapshot = read_locked();
        folded = fold_.fold(snapshot, names_of(snapshot.workloads));
        if (chains_) chains_->fill(snapshot, folded);
        if (security_) security_->fill(folded);
        self.query_log = tap_.log_counts();
        if (scraper == Scraper::collector || !collected) fold_.exported();
    }
    const auto now = Clock::now();
    self.scrape_duration_seconds = std::chrono::duration<double>(now - start).count();
    self.reader_last_run_unix =
        in_seconds(unix_ns()) - std::chrono::duration<double>(now - last_drain_.load()).count();
    self.reload = reloads_;
    self.stream = {tap_.stream().listeners(), tap_.stream().lost()};
    page_ = families_text(shape_.apply(metric_families(folded, self)));
    folded = {};
    give_back_memory();
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
        domains = fold_.heaviest_domains(domain_limit_max);
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
