// Attaches the programs that tell whose a message is.
#pragma once

#include <memory>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/cgroup_root.h"
#include "exporter/bpf/loader.h"

struct bpf_link;

namespace dnsexp {

// Attached for as long as it lives. Not thread-safe.
class OwnerHooks {
  public:
    // Attaches what was loaded for the backend. `programs` must outlive it.
    static Result<std::unique_ptr<OwnerHooks>> attach(const LoadedPrograms& programs);
    OwnerHooks(const OwnerHooks&) = delete;
    OwnerHooks& operator=(const OwnerHooks&) = delete;
    ~OwnerHooks();

  private:
    OwnerHooks() = default;
    Status attach_to_cgroup(const LoadedPrograms& programs);
    Status attach_kprobes(const LoadedPrograms& programs);

    std::vector<bpf_link*> links_;
};

}  // namespace dnsexp
