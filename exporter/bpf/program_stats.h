// How often the BPF programs run, and for how long, as the kernel counts it while somebody asks for it.
#pragma once

#include <vector>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/source/source.h"

struct bpf_object;

namespace dnsexp {

// Not thread-safe.
class ProgramStats {
  public:
    // BPF_ENABLE_STATS: from Linux 5.8, with CAP_SYS_ADMIN. Counting costs every BPF program of the host some
    // 20 to 40 ns a run. What was counted stays.
    Status set(bool on);
    [[nodiscard]] bool is_on() const { return enabled_.get() >= 0; }

    // Adds the loaded programs of the object by name, nothing while it is off. Counts are since the load.
    Status read(const bpf_object* object, std::vector<ProgramRuns>& out) const;

  private:
    UniqueFd enabled_;  // the kernel counts as long as it is open
};

}  // namespace dnsexp
