// The kernel against the host: the same headers, compiled twice, must say the same of every packet. What is
// counted is compared with a model that has no hash tables, no CPUs and no limits.
#include <time.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "ebpf/dns_frame.h"
#include "test/golden/golden_list.h"
#include "test/kernel/corpus.h"
#include "test/kernel/kernel.h"
#include "test/support/dual_settings.h"
#include "test/support/host_source.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

uint64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// One host, watched twice: by the programs, and by the host source with its model.
class Pair {
  public:
    Pair(Variant variant, const ModelOptions& options) : kernel_(variant), host_(options), options_(options) {
        std::vector<dns_address> own;
        for (const auto& [high, low] : options.own) own.push_back({high, low});
        kernel_.own(own);
    }

    void see(const Bytes& octets, bool ethernet) {
        const HookPoint hook = hook_for(octets, ethernet);
        if (may_be_refused(hook, octets)) return;
        kernel_.see(hook, octets);
        host_.packet({++seen_, monotonic_ns(), static_cast<uint32_t>(octets.size()), octets, ethernet});
    }

    // Every counter; the interface, which the model gives a name, has none here.
    Counters kernel_counters() { return kernel_.counters(); }
    Counters host_counters() { return counters_of(host_.read().value()); }

    std::vector<std::string> kernel_events() { return texts(kernel_.take_events()); }
    std::vector<std::string> host_events() {
        std::vector<dns_event> events;
        (void)host_.drain([&](const dns_event& event) { events.push_back(event); });
        return texts(events);
    }

  private:
    // As the host source has it: what an own address sends leaves, all else arrives.
    [[nodiscard]] HookPoint hook_for(const Bytes& octets, bool ethernet) const {
        if (options_.loopback) return HookPoint::tc_lo;
        const dns_settings settings = settings_for(options_.ports);
        const dns_packet packet{octets.data(), octets.data() + octets.size()};
        const uint32_t link = ethernet ? DNS_LINK_ETHERNET : DNS_LINK_IP;
        dns_frame frame{};
        dns_address source{}, destination{};
        const uint32_t reason =
            dns_frame_parse(packet, static_cast<uint32_t>(octets.size()), link, &settings, &frame);
        const bool leaves = (reason == DNS_OK || reason == DNS_FRAGMENT || reason == DNS_FRAME_SYN) &&
                            dns_frame_addresses(packet, &frame, &source, &destination) != 0 &&
                            options_.own.contains(key_of(source));
        return leaves ? (ethernet ? HookPoint::tc_out : HookPoint::tc_out_ip)
                      : (ethernet ? HookPoint::tc_in : HookPoint::tc_in_ip);
    }
    static std::vector<std::string> texts(const std::vector<dns_event>& events) {
        std::vector<std::string> lines;
        for (const dns_event& event : events) lines.push_back(event_text(event));
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    Kernel kernel_;
    HostSource host_;
    ModelOptions options_;
    uint64_t seen_ = 0;
};

ModelOptions documentation_host() {
    ModelOptions options;
    options.own = {key_of(address_of(client4)), key_of(address_of(client6))};
    options.interface = "other";
    return options;
}

using Reasons = std::array<uint64_t, size_t{DNS_PROTOCOLS} * DNS_REASONS>;

Reasons reasons_of(const dns_stats& stats) {
    Reasons reasons{};
    const __u64* counters = &stats.packets[0][0];
    std::copy_n(counters, reasons.size(), reasons.begin());
    return reasons;
}

Reasons difference(Reasons after, const Reasons& before) {
    for (size_t i = 0; i < after.size(); ++i) after[i] -= before[i];
    return after;
}

// PROTOCOL * DNS_REASONS + REASON of what was added; as numbers, for the message of a failure.
std::string text_of(const Reasons& reasons) {
    std::string text;
    for (size_t i = 0; i < reasons.size(); ++i)
        if (reasons[i] != 0)
            text +=
                " protocol " + std::to_string(i / DNS_REASONS) + " reason " + std::to_string(i % DNS_REASONS);
    return text.empty() ? "nothing" : text;
}

}  // namespace

TEST_CASE("Kernel and host give each packet the same reason", "[count]") {
    const Variant variant = GENERATE(from_range(variants()));
    auto kernel = std::make_unique<Kernel>(variant);
    auto host = std::make_unique<HostSource>(documentation_host());
    std::vector<NamedPacket> packets = shaped_packets();
    for (NamedPacket& packet : stored_packets()) packets.push_back(std::move(packet));
    std::mt19937_64 random(7);
    for (size_t i = 0, originals = packets.size(); i < 10 * originals / slow(); ++i) {
        const NamedPacket& original = packets[random() % originals];
        packets.push_back({"mutated " + original.name, mutate(original.octets, random), original.ethernet});
    }
    Reasons kernel_before{}, host_before{};
    uint64_t number = 0;
    for (const NamedPacket& packet : packets) {
        const HookPoint hook = packet.ethernet ? HookPoint::tc_in : HookPoint::tc_in_ip;
        if (packet.octets.size() > kMostLinear || may_be_refused(hook, packet.octets)) continue;
        kernel->see(hook, packet.octets);
        host->packet(
            {++number, 0, static_cast<uint32_t>(packet.octets.size()), packet.octets, packet.ethernet});
        const Reasons kernel_after = reasons_of(kernel->stats());
        const Reasons host_after = reasons_of(host->read().value().stats[0]);
        const Reasons moved = difference(kernel_after, kernel_before);
        if (const Reasons expected = difference(host_after, host_before); moved != expected)
            FAIL_CHECK(packet.name << ": kernel" << text_of(moved) << ", host" << text_of(expected));
        kernel_before = kernel_after;
        host_before = host_after;
        if (kernel->stats().flows_evicted == 0) continue;
        // The host forgets no stream: from here on the two would know different ones.
        kernel->read();
        kernel = std::make_unique<Kernel>(variant);
        host = std::make_unique<HostSource>(documentation_host());
        kernel_before = host_before = {};
    }
    kernel->read();
}

TEST_CASE("Kernel and model count the shaped packets alike", "[count]") {
    Pair pair(GENERATE(from_range(variants())), documentation_host());
    for (const NamedPacket& packet : shaped_packets())
        if (packet.octets.size() <= kMostLinear) pair.see(packet.octets, packet.ethernet);
    CHECK(pair.kernel_counters() == pair.host_counters());
    CHECK(pair.kernel_events() == pair.host_events());
}

TEST_CASE("Kernel and model count each golden capture alike", "[count]") {
    const Variant variant = GENERATE(from_range(variants()));
    const std::string folder = DNSEXP_SOURCE_DIR "/test/golden";
    const auto captures = read_golden_list(folder);
    REQUIRE(captures);
    for (GoldenCapture capture : captures.value()) {
        INFO(capture.file);
        capture.options.interface = "other";
        Pair pair(variant, capture.options);
        const Status status =
            read_capture(folder + "/captures/" + capture.file, [&](const CapturedPacket& packet) {
                if (packet.octets.size() >= kLeastPacket && packet.octets.size() <= kMostLinear)
                    pair.see(Bytes(packet.octets.begin(), packet.octets.end()), packet.ethernet);
            });
        REQUIRE(status);
        const Counters kernel = pair.kernel_counters();
        CHECK(kernel == pair.host_counters());
        CHECK(pair.kernel_events() == pair.host_events());
        CHECK(!kernel.empty());
    }
}
