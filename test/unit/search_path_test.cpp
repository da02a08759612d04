#include "exporter/fold/search_path.h"

#include <catch2/catch.hpp>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t ms = 1'000'000;
constexpr uint16_t noerror = 0;   // RFC 1035, 4.1.1
constexpr uint16_t nxdomain = 3;  // the same
constexpr uint8_t a = 1, aaaa = 28;

// A pod's list, as Kubernetes writes it.
SearchList pod_list() {
    using namespace std::string_literals;
    return {{"\4shop\3svc\7cluster\5local\0"s, "\3svc\7cluster\5local\0"s, "\7cluster\5local\0"s,
             "\4corp\4test\0"s}};
}

struct Asker {
    SearchPath path{};
    SearchList list = pod_list();
    uint32_t pid = 100;
    uint64_t now_ns = 5'000 * ms;

    // An answer that comes 1 ms after the last one.
    SearchLookups answer(std::string_view name, uint16_t outcome, uint8_t type = a) {
        dns_event event = event_for(name, outcome);
        event.asker.pid = pid;
        event.type = type;
        event.latency_ns = ms / 2;
        now_ns += ms;
        event.query_time_ns = now_ns - event.latency_ns;
        return path.add(event, list);
    }
};

void check(const SearchLookups& found, uint64_t wasted, uint64_t useful) {
    CHECK(found.wasted == wasted);
    CHECK(found.useful == useful);
}

}  // namespace

TEST_CASE("All suffixes that were tried before the name itself resolved are wasted") {
    Asker pod;
    check(pod.answer("www.example.com.shop.svc.cluster.local", nxdomain), 0, 0);
    check(pod.answer("www.example.com.svc.cluster.local", nxdomain), 0, 0);
    check(pod.answer("www.example.com.cluster.local", nxdomain), 0, 0);
    check(pod.answer("www.example.com.corp.test", nxdomain), 0, 0);
    check(pod.answer("www.example.com", noerror), 4, 0);
    check(pod.answer("www.example.com", noerror), 0, 0);  // each counts once
}

TEST_CASE("A search that finds its name under a suffix is useful, and wastes nothing") {
    Asker pod;
    check(pod.answer("db.shop.svc.cluster.local", noerror), 0, 1);
    check(pod.answer("db.store.shop.svc.cluster.local", nxdomain), 0, 0);
    check(pod.answer("db.store.svc.cluster.local", noerror), 0, 1);
}

TEST_CASE("A full name of the cluster, with fewer dots than ndots, is searched in vain and not useful") {
    Asker pod;
    check(pod.answer("db.store.svc.cluster.local.shop.svc.cluster.local", nxdomain), 0, 0);
    check(pod.answer("db.store.svc.cluster.local.svc.cluster.local", nxdomain), 0, 0);
    check(pod.answer("db.store.svc.cluster.local", noerror), 2, 0);
}

TEST_CASE("Types, processes and names are searches of their own") {
    Asker pod;
    pod.answer("example.com.corp.test", nxdomain, a);
    pod.answer("example.com.corp.test", nxdomain, aaaa);
    check(pod.answer("example.com", noerror, a), 1, 0);
    pod.pid = 101;
    check(pod.answer("example.com", noerror, aaaa), 0, 0);
    pod.pid = 100;
    check(pod.answer("example.org", noerror, aaaa), 0, 0);
    check(pod.answer("example.com", noerror, aaaa), 1, 0);
}

TEST_CASE("Names compare without regard to case") {  // RFC 4343, 3
    Asker pod;
    pod.answer("wWw.Example.COM.Corp.Test", nxdomain);
    check(pod.answer("WWW.eXAMPLE.com", noerror), 1, 0);
    check(pod.answer("DB.Corp.TEST", noerror), 0, 1);
}

TEST_CASE("What lies under no suffix of the list does not count") {
    Asker pod;
    check(pod.answer("www.example.com.elsewhere.test", nxdomain), 0, 0);
    check(pod.answer("www.example.com", noerror), 0, 0);
    check(pod.answer("corp.test", nxdomain), 0, 0);  // the suffix itself
    check(pod.answer("corp.test", noerror), 0, 0);
    check(pod.answer("xcorp.test", noerror), 0, 0);  // ends alike, but within a label
    pod.list.suffixes.clear();
    pod.answer("a.corp.test", nxdomain);
    pod.list = pod_list();
    check(pod.answer("a", noerror), 0, 0);
}

TEST_CASE("A suffix begins at a label, not where its octets happen to be") {
    Asker pod;
    const std::string inside("a\4corp", 6);  // one label whose last octets look like the suffix's first label
    check(pod.answer(inside + ".test", noerror), 0, 0);
}

TEST_CASE("Other outcomes are no waste, and end no search") {
    Asker pod;
    pod.answer("example.com.corp.test", 2);  // SERVFAIL
    pod.answer("example.com.corp.test", DNS_OUTCOME_TIMEOUT);
    check(pod.answer("example.com", noerror), 0, 0);
    pod.answer("example.com.corp.test", nxdomain);
    check(pod.answer("example.com", nxdomain), 0, 0);
    check(pod.answer("example.com", DNS_OUTCOME_TIMEOUT), 0, 0);
    check(pod.answer("example.com", noerror), 1, 0);
}

TEST_CASE("The name must resolve within a second of the lookup that found nothing") {
    for (const auto& [later_ms, wasted] : {std::pair(1000, 1), std::pair(1001, 0)}) {
        Asker pod;
        pod.answer("example.com.corp.test", nxdomain);
        pod.now_ns += (later_ms - 1) * ms;
        check(pod.answer("example.com", noerror), wasted, 0);
    }
}

TEST_CASE("Of lookups of one name each counts while it is young enough") {
    Asker pod;
    pod.answer("example.com.corp.test", nxdomain);
    pod.now_ns += 700 * ms;
    pod.answer("example.com.corp.test", nxdomain);
    pod.answer("example.com.corp.test", nxdomain);
    pod.now_ns += 700 * ms;
    check(pod.answer("example.com", noerror), 2, 0);
    pod.answer("example.com.corp.test", nxdomain);
    check(pod.answer("example.com", noerror), 1, 0);
}

TEST_CASE("Beyond its room the oldest lookup is forgotten") {
    Asker pod;
    pod.path = SearchPath(4);
    for (int i = 0; i < 6; ++i) pod.answer("n" + std::to_string(i) + ".corp.test", nxdomain);
    for (int i = 0; i < 6; ++i) check(pod.answer("n" + std::to_string(i), noerror), i < 2 ? 0 : 1, 0);
    for (int i = 0; i < 6; ++i) pod.answer("same.corp.test", nxdomain);
    check(pod.answer("same", noerror), 4, 0);
}

TEST_CASE("Against a plain list of what was asked, a long mixture counts the same") {
    struct Asked {
        uint32_t pid;
        std::string name;
        uint64_t at_ns;
    };
    Asker pod;
    std::vector<Asked> truth;
    uint64_t wasted = 0;
    uint32_t state = 7;
    const auto random = [&state](uint32_t below) {
        state = state * 1664525 + 1013904223;  // Knuth's and Lewis's generator
        return (state >> 16) % below;
    };
    for (int i = 0; i < 20'000; ++i) {
        pod.pid = random(3);
        pod.now_ns += random(100) * ms;
        const std::string name = "n" + std::to_string(random(4));
        if (random(3) != 0) {
            const char* suffixes[] = {".shop.svc.cluster.local", ".corp.test", ".cluster.local"};
            pod.answer(name + suffixes[random(3)], nxdomain);
            truth.push_back({pod.pid, name, pod.now_ns});
            continue;
        }
        uint64_t expected = 0;
        const SearchLookups found = pod.answer(name, noerror);
        std::erase_if(truth, [&](const Asked& asked) {
            if (asked.pid != pod.pid || asked.name != name) return false;
            expected += pod.now_ns - asked.at_ns <= 1'000 * ms;
            return true;
        });
        if (found.wasted != expected || found.useful != 0) FAIL_CHECK(i);
        wasted += expected;
    }
    CHECK(wasted > 1'000);
}

TEST_CASE("Names of any shape are read within their bounds") {
    Asker pod;
    dns_event cut = event_for("example.com.corp.test", nxdomain);
    cut.message_length = DNS_HEADER_LENGTH + 5;
    check(pod.path.add(cut, pod.list), 0, 0);
    dns_event absurd = event_for("", noerror);
    absurd.message_length = UINT16_MAX;
    std::memset(absurd.message, 1, sizeof absurd.message);
    check(pod.path.add(absurd, pod.list), 0, 0);
    check(pod.answer("", noerror), 0, 0);
    pod.answer("a.corp.test", nxdomain);
    // 253 octets of text are the longest name: with a suffix it is none.
    const std::string label(63, 'x');
    check(pod.answer(label + "." + label + "." + label + "." + label.substr(2), noerror), 0, 0);
    check(pod.answer("a", noerror), 1, 0);
}
