// All that `check` judges: gathered once, and made up by its tests.
#pragma once

#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/host_probe.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"
#include "exporter/net/choose.h"
#include "exporter/net/xdp_state.h"
#include "exporter/os/host_facts.h"

namespace dnsexp {

struct WatchedLink {
    ChosenLink chosen;
    XdpState xdp;
};

struct ListenFact {
    std::string address;  // as it was written
    Status status = ok();
};

struct CheckFacts {
    HostFacts host;
    BpfFacts bpf;
    CgroupFacts cgroup;
    Status network = ok();  // an Error: the interfaces can't be read
    std::vector<WatchedLink> watched;
    std::vector<LeftOut> left_out;     // by the default choice
    std::vector<std::string> missing;  // interfaces that were named and are not there
    std::vector<ProgramThere> programs;
    bool programs_told = false;  // false: without CAP_NET_ADMIN, `programs` may lack some
    std::vector<ListenFact> listen;
};

// Looks at the host as the exporter would find it with this configuration. Leaves nothing behind.
CheckFacts gather_check_facts(const Config& config, const Flags& flags);

}  // namespace dnsexp
