#include "test/bench/measure.h"

#include <utility>

namespace dnsexp::bench {
namespace {

struct HotJob {
    std::string packet, hook;
    Frame frame;
    Subject* subject;
    Program program;
    std::vector<double> ns = {};  // one a round
};

struct PairJob {
    std::string path;
    const Exchange* exchange;
    Subject* subject;
    Program query, response;
    std::vector<double> query_ns = {}, response_ns = {}, both_ns = {};
};

// Jobs of one packet and hook lie together, one a subject, the base first.
template <typename Job>
const Job& base_of(const std::vector<Job>& jobs, size_t index, size_t subjects) {
    return jobs[index - index % subjects];
}

std::vector<HotJob> hot_jobs(std::vector<Subject>& subjects) {
    std::vector<OtherPacket> packets = other_packets();
    for (Exchange& exchange : exchanges())
        if (exchange.query.sequence_at == 0)  // the same TCP segment again is none that is read
            packets.push_back({exchange.name + " query", std::move(exchange.query)});
    std::vector<HotJob> jobs;
    for (const OtherPacket& packet : packets) {
        // Queries leave first: that gives the server its slot, which those that arrive then find.
        for (Subject& s : subjects) jobs.push_back({packet.name, "tc out", packet.frame, &s, s.tc_out});
        for (Subject& s : subjects) jobs.push_back({packet.name, "tc in", packet.frame, &s, s.tc_in});
        for (Subject& s : subjects) jobs.push_back({packet.name, "xdp in", packet.frame, &s, s.xdp_in});
    }
    return jobs;
}

std::vector<PairJob> pair_jobs(std::vector<Subject>& subjects, const std::vector<Exchange>& all) {
    std::vector<PairJob> jobs;
    for (const Exchange& e : all) {
        for (Subject& s : subjects) jobs.push_back({"client: tc out, tc in", &e, &s, s.tc_out, s.tc_in});
        for (Subject& s : subjects) jobs.push_back({"client: tc out, xdp in", &e, &s, s.tc_out, s.xdp_in});
        for (Subject& s : subjects) jobs.push_back({"server: tc in, tc out", &e, &s, s.tc_in, s.tc_out});
        for (Subject& s : subjects) jobs.push_back({"server: xdp in, tc out", &e, &s, s.xdp_in, s.tc_out});
    }
    return jobs;
}

// The first run, of a transaction that nobody has seen, is not in the figure.
Status run(HotJob& job, uint32_t transaction, uint32_t repeat) {
    const bool dns = job.frame.id_at != 0;
    if (dns) set_transaction(job.frame, transaction);
    if (auto first = run_once(job.program, job.frame.octets); !first) return first.error();
    auto ns = run_hot(job.program, job.frame.octets, repeat);
    if (!ns) return ns.error();
    job.ns.push_back(*ns);
    if (dns) {
        job.subject->runs.messages += uint64_t{repeat} + 1;
        job.subject->runs.retransmissions += repeat;
        job.subject->runs.unanswered++;
    }
    return drain(*job.subject);
}

// One frame for a batch of transactions. Adds the kernel's figure of each run to `ns`.
Status run_batch(Program program, Frame& frame, uint32_t first, std::vector<double>& ns) {
    for (uint32_t i = 0; i < kPairBatch; i++) {
        set_transaction(frame, first + i);
        auto once = run_once(program, frame.octets);
        if (!once) return once.error();
        ns.push_back(*once);
    }
    return ok();
}

Status run(PairJob& job, uint32_t first_transaction, uint32_t pairs) {
    Frame query = job.exchange->query, response = job.exchange->response;
    std::vector<double> query_ns, response_ns;
    query_ns.reserve(pairs);
    response_ns.reserve(pairs);
    for (uint32_t done = 0; done < pairs; done += kPairBatch) {
        if (auto status = run_batch(job.query, query, first_transaction + done, query_ns); !status)
            return status;
        if (auto status = run_batch(job.response, response, first_transaction + done, response_ns); !status)
            return status;
        if (auto status = drain(*job.subject); !status) return status;
    }
    job.subject->runs.messages += uint64_t{2} * pairs;
    job.subject->runs.pairs += pairs;
    job.query_ns.push_back(middle_mean(std::move(query_ns)));
    job.response_ns.push_back(middle_mean(std::move(response_ns)));
    job.both_ns.push_back(job.query_ns.back() + job.response_ns.back());
    return ok();
}

Error about(Error error, const Subject& subject, const std::string& packet, const std::string& hook) {
    error.object = subject.name + " (" + packet + ", " + hook + ")";
    return error;
}

std::vector<Row> rows_of(const std::vector<HotJob>& hot, const std::vector<PairJob>& pair, size_t subjects) {
    std::vector<Row> rows;
    for (size_t i = 0; i < hot.size(); i++) {
        const HotJob& job = hot[i];
        rows.push_back({"hot", job.packet, job.hook, job.subject->name,
                        summarize(job.ns, base_of(hot, i, subjects).ns)});
    }
    for (size_t i = 0; i < pair.size(); i++) {
        const PairJob& job = pair[i];
        const PairJob& base = base_of(pair, i, subjects);
        rows.push_back({"pair", job.exchange->name, job.path, job.subject->name,
                        summarize(job.both_ns, base.both_ns), summarize(job.query_ns, base.query_ns),
                        summarize(job.response_ns, base.response_ns)});
    }
    return rows;
}

}  // namespace

Result<std::vector<Row>> measure(std::vector<Subject>& subjects, const MeasureOptions& options) {
    const std::vector<Exchange> all = exchanges();
    std::vector<HotJob> hot = hot_jobs(subjects);
    std::vector<PairJob> pair = pair_jobs(subjects, all);
    uint32_t transaction = 0;
    for (uint32_t round = 0; round < options.rounds; round++) {
        for (HotJob& job : hot)
            if (auto status = run(job, transaction++, options.repeat); !status)
                return about(status.error(), *job.subject, job.packet, job.hook);
        for (PairJob& job : pair) {
            if (auto status = run(job, transaction, options.pairs); !status)
                return about(status.error(), *job.subject, job.exchange->name, job.path);
            transaction += options.pairs;
        }
    }
    return rows_of(hot, pair, subjects.size());
}

}  // namespace dnsexp::bench
