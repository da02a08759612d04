// Loaded programs for one test after the other: the verifier takes a second for them, ten under emulation.
#pragma once

#include <string>
#include <vector>

#include "exporter/bpf/loader.h"

namespace dnsexp::test {

// Not thread-safe.
class ProgramPool {
  public:
    // Programs whose maps and variables are as if they had just been loaded with `config`. They are free
    // again when nobody else holds a copy of them.
    Result<LoadedPrograms> take(const Config& config, Variant variant);

  private:
    // What is fixed when the programs are loaded.
    struct Fixed {
        explicit Fixed(const Config& config, Variant variant);
        bool operator==(const Fixed&) const = default;

        uint64_t timeout_ms, late_ms, pending, servers, ring_kb;
        Variant variant;
        WorkloadBackend backend;
    };
    // Programs, and what they were born with.
    struct Entry {
        Fixed fixed;
        LoadedPrograms programs;
        std::vector<uint8_t> variables;
        std::vector<std::vector<uint8_t>> traffic_keys;
    };

    Result<LoadedPrograms> load(const Config& config, const Fixed& fixed);
    void make_room();

    std::vector<Entry> entries_;  // those used last are last
};

}  // namespace dnsexp::test
