// What the stress of the pending table sends, and who sends it.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/kernel/kernel.h"

namespace dnsexp::test::stress {

inline constexpr uint32_t producers = 2;
inline const uint32_t queries_each = 1'500'000 / slow();
inline constexpr uint32_t timeout_ms = 100;
inline constexpr uint64_t ns_per_ms = 1'000'000;
inline constexpr uint32_t turns = 30;
inline const uint32_t queries_a_turn = queries_each / turns;
inline constexpr uint32_t left_waiting =
    24;  // of those, the last, which are answered in the lull; both producers' fit the table
inline constexpr uint64_t ns_per_us = 1000;

inline constexpr uint32_t serial_digits = 8;
inline constexpr size_t port_at = 34, id_at = 42,
                        name_at = id_at + 12 + 1;  // behind Ethernet, IPv4, UDP, DNS header, a length

inline uint64_t now_ns() {
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

inline uint16_t id_of(uint32_t serial) {
    return static_cast<uint16_t>(serial * 40503U >> 8);
}  // any spread will do
inline uint16_t port_of(uint32_t serial) {
    return static_cast<uint16_t>(1024 + serial % 60'000);
}
inline uint16_t type_of(uint32_t serial) {
    return static_cast<uint16_t>(1 + serial % 50);
}  // assigned types all

// A message with its serial number written into it, and the means to run it.
class Shot {
  public:
    Shot(const LoadedPrograms& programs, bool response) : response_(response) {
        const std::string name = std::string(serial_digits, '0') + ".stress.example";
        Dns dns;
        dns.flags(response ? qr : 0).question(name, 1).answers(response ? 1 : 0);
        type_at_ = name_at - 1 + wire_name(name).size();
        Packet packet;
        packet.ethernet();
        response ? packet.ipv4(server4, client4).udp(53, 0) : packet.ipv4().udp(0, 53);
        octets_ = packet.payload(dns.build()).build();
        program_ = program_of(programs, response ? HookPoint::tc_in : HookPoint::tc_out);
    }

    void fire(uint32_t serial) {
        put16(port_at + (response_ ? 2 : 0), port_of(serial));
        put16(id_at, id_of(serial));
        put16(type_at_, type_of(serial));
        for (uint32_t digit = 0; digit < serial_digits; ++digit)
            octets_[name_at + digit] = static_cast<uint8_t>('a' + (serial >> 4 * digit & 15));
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = octets_.data(),
                    .data_size_in = static_cast<__u32>(octets_.size()), .repeat = 1);
        fired += bpf_prog_test_run_opts(program_, &options) == 0;
    }

    uint64_t fired = 0;

  private:
    void put16(size_t at, uint16_t value) {
        octets_[at] = static_cast<uint8_t>(value >> 8);
        octets_[at + 1] = static_cast<uint8_t>(value);
    }

    bool response_;
    Bytes octets_;
    size_t type_at_;
    int program_;
};

// When the queries of a serial number were sent: written by the one producer that sends them.
struct Sent {
    uint64_t first_before = 0, last_after = 0;
};

struct Shared {
    // So many serial numbers of each producer have been sent, and answered or passed over by the other one.
    std::array<std::atomic<uint32_t>, producers> asked{}, answered{};
    std::vector<Sent> sent{std::vector<Sent>(size_t{producers} * queries_each)};
    std::atomic<uint32_t> running{producers};
    std::array<std::atomic<uint32_t>, producers> meetings{};
    std::atomic<bool> lull{false};
};

inline void pin_to_cpu(uint32_t number) {
    cpu_set_t allowed, one;
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &allowed) && number-- == 0) CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);  // with one CPU only there is nothing to pin to, and it fails
}

// Asks with serial numbers of its own and answers those of the other producer.
class Producer {
  public:
    Producer(const LoadedPrograms& programs, Shared& shared, uint32_t number)
        : query_(programs, false),
          response_(programs, true),
          shared_(shared),
          number_(number),
          random_(number) {}

    // Calm and storm take turns, and after each comes a lull.
    void run() {
        pin_to_cpu(number_);
        for (uint32_t turn = 0; turn < turns; ++turn) {
            calm_until_ns_ = turn % 2 == 0 ? now_ns() + most_calm_ns : 0;
            for (uint32_t i = 0; i < queries_a_turn - left_waiting; ++i) {
                ask_next();
                if (random_() % 8 == 0)
                    ask(asked_ - 1 - std::min<uint32_t>(asked_ - 1, random_() % 4));  // once more
                answer_the_other();
                keep_calm();
            }
            meet();
            lull(turn / 2 % producers == number_);
            meet();
        }
        --shared_.running;
    }

    [[nodiscard]] uint64_t queries() const { return query_.fired; }
    [[nodiscard]] uint64_t responses() const { return response_.fired; }

  private:
    struct Due {
        uint64_t ns;
        uint32_t serial;
    };

    // A turn on a busy machine takes no longer.
    inline static const uint64_t most_calm_ns = 300 * ns_per_ms * slow();

    void ask_next() {
        ask(asked_++);
        shared_.asked[number_].store(asked_, std::memory_order_release);
    }

    void ask(uint32_t index) {
        const uint32_t serial = index * producers + number_;
        Sent& sent = shared_.sent[serial];
        if (sent.first_before == 0) sent.first_before = now_ns();
        query_.fire(serial);
        sent.last_after = now_ns();
    }

    // In the calm, fewer wait than the table holds; in the storm, a producer runs ahead and queries have to
    // give way.
    void keep_calm() {
        constexpr uint32_t most_waiting = 16;
        while (asked_ - shared_.answered[number_].load() > most_waiting && now_ns() < calm_until_ns_) {
            answer_the_other();
            sched_yield();
        }
    }

    void answer_the_other() {
        constexpr uint32_t most_behind = 48;  // what is older has given way
        const uint32_t other = 1 - number_;
        const uint32_t asked = shared_.asked[other].load(std::memory_order_acquire);
        if (asked - answered_ > most_behind) answered_ = asked - most_behind;
        for (int i = 0; i < 2 && answered_ < asked; ++i) {
            const uint32_t serial = answered_++ * producers + other;
            response_.fire(serial);
            if (random_() % 16 == 0) response_.fire(serial);  // a duplicate
        }
        shared_.answered[other].store(answered_);
    }

    // Waits for the other producer, and answers it meanwhile.
    void meet() {
        const uint32_t meeting = ++shared_.meetings[number_];
        while (shared_.meetings[1 - number_] < meeting) {
            answer_the_other();
            sched_yield();
        }
    }
    void meet_silently() {
        const uint32_t meeting = ++shared_.meetings[number_];
        while (shared_.meetings[1 - number_] < meeting) sched_yield();
    }

    // Each leaves some queries waiting, one at a time; then nobody asks until they time out. At that moment
    // the sweep is after them, and one of the producers answers them all.
    void lull(bool answers) {
        for (uint32_t i = 0; i < left_waiting; ++i) {
            ask_next();
            wait_until(now_ns() + 50 * ns_per_us);
        }
        const uint64_t over_ns = now_ns() + (timeout_ms + 10) * ns_per_ms;
        meet_silently();
        shared_.lull = true;
        if (answers)
            for (const Due& due : all_due()) {
                wait_until(due.ns);
                response_.fire(due.serial);
            }
        if (now_ns() < over_ns) std::this_thread::sleep_for(std::chrono::nanoseconds(over_ns - now_ns()));
        meet_silently();
        shared_.lull = false;
        answered_ = shared_.asked[1 - number_];
        shared_.answered[1 - number_].store(answered_);
    }

    // Answers for what both have left waiting, each within some microseconds after it times out.
    std::vector<Due> all_due() {
        std::vector<Due> all;
        for (uint32_t producer = 0; producer < producers; ++producer)
            for (uint32_t i = 1; i <= left_waiting; ++i) {
                const uint32_t serial = (shared_.asked[producer] - i) * producers + producer;
                const uint64_t sent = shared_.sent[serial].last_after;
                all.push_back({sent + timeout_ms * ns_per_ms + random_() % 20 * ns_per_us, serial});
            }
        std::sort(all.begin(), all.end(), [](const Due& a, const Due& b) { return a.ns < b.ns; });
        return all;
    }

    static void wait_until(uint64_t ns) {
        while (now_ns() < ns) continue;
    }

    Shot query_, response_;
    Shared& shared_;
    uint32_t number_, asked_ = 0, answered_ = 0;
    uint64_t calm_until_ns_ = 0;
    std::minstd_rand random_;
};

}  // namespace dnsexp::test::stress
