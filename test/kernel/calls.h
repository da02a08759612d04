// Calls of getaddrinfo(), as the programs at the C libraries tell of them.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "exporter/bpf/libc_probes.h"
#include "test/kernel/machine.h"

namespace dnsexp::test {

// A record of a call, as far as the tests look at it.
struct CallRecord {
    dns_event event{};
    size_t octets = 0;  // of the record

    [[nodiscard]] bool begins() const { return event.kind == DNS_QUERY; }
    [[nodiscard]] std::string name() const {
        return {reinterpret_cast<const char*>(event.message), event.message_length};
    }
    [[nodiscard]] std::string comm() const {
        const auto* text = reinterpret_cast<const char*>(event.caller.comm);
        return {text, strnlen(text, sizeof event.caller.comm)};
    }
};

// Waits for what takes another thread or process a moment.
inline bool soon(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10) * slow();
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

// The probes at the C libraries of this machine, with a ring of their own.
class Calls {
  public:
    explicit Calls(uint32_t ring_octets = 1 << 22)
        : events_(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, ring_octets, nullptr)) {
        REQUIRE(events_);
        LibcProbesOptions options;
        options.between_passes = std::chrono::milliseconds(200);
        auto probes = LibcProbes::make(events_.get(), DNS_HIERARCHY_UNIFIED, options);
        if (!probes) FAIL(probes.error().message());
        probes_ = std::move(probes).value();
        if (const Status status = probes_->start(); !status) FAIL(status.error().message());
        ring_.reset(ring_buffer__new(events_.get(), keep, this, nullptr));
        REQUIRE(ring_);
    }

    // Records of one process since the last call, by default of this one.
    std::vector<CallRecord> take(uint32_t pid = static_cast<uint32_t>(getpid())) {
        ring_buffer__consume(ring_.get());
        std::vector<CallRecord> taken;
        for (const CallRecord& record : records_)
            if (record.event.asker.pid == pid) taken.push_back(record);
        std::erase_if(records_, [pid](const CallRecord& record) { return record.event.asker.pid == pid; });
        return taken;
    }
    // Of processes of this name.
    std::vector<CallRecord> take_named(const std::string& comm) {
        ring_buffer__consume(ring_.get());
        std::vector<CallRecord> taken;
        for (const CallRecord& record : records_)
            if (record.comm() == comm) taken.push_back(record);
        return taken;
    }
    dns_call_stats counts() {
        const auto counts = probes_->counts();
        REQUIRE(counts);
        return counts.value();
    }
    // At a moment when no process of the machine is in a call.
    dns_call_stats quiet_counts() {
        dns_call_stats now{};
        CHECK(soon([&] {
            now = counts();
            return now.returned == now.begun;
        }));
        return now;
    }
    // The ring's file descriptor.
    [[nodiscard]] int events() const { return events_.get(); }
    LibcProbes& probes() { return *probes_; }

  private:
    static int keep(void* self, void* data, size_t octets) {
        CallRecord record;
        record.octets = octets;
        std::memcpy(&record.event, data, std::min(octets, sizeof record.event));
        static_cast<Calls*>(self)->records_.push_back(record);
        return 0;
    }

    struct FreeRing {
        void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
    };
    UniqueFd events_;
    std::unique_ptr<LibcProbes> probes_;
    std::unique_ptr<ring_buffer, FreeRing> ring_;
    std::vector<CallRecord> records_;
};

}  // namespace dnsexp::test
