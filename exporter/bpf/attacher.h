// Keeps the programs attached to the chosen interfaces: new ones are attached, vanished ones let go.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/hook.h"
#include "exporter/bpf/loader.h"
#include "exporter/config/config.h"
#include "exporter/net/choose.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Not thread-safe.
class Attacher {
  public:
    // `programs` must outlive it.
    Attacher(const LoadedPrograms& programs, const CaptureConfig& config);

    // Makes the attached interfaces those of `chosen`. An interface that can't be attached is logged and
    // reported by hooks(), and tried again with each sync; it is an Error only where the user named it and
    // `named_must_work`.
    Status sync(const std::vector<ChosenLink>& chosen, bool named_must_work);

    [[nodiscard]] std::vector<AttachedHook> hooks() const;
    [[nodiscard]] std::vector<InterfaceSlot> slots() const;

  private:
    struct Placed {  // one hook, or the mode that could not be had
        dns_direction direction;
        std::string mode;
        std::unique_ptr<Hook> attached;
    };
    struct Watched {
        std::string name;
        std::vector<Placed> placed;
        std::string problem;  // of the last try; empty: all is attached
    };
    struct Attempt {
        std::string mode;
        Result<std::unique_ptr<Hook>> hook;
    };

    static std::vector<Placed> places_of(const Link& link);
    static bool all_attached(Watched& watched);
    static void report(const ChosenLink& chosen, Watched& watched, const Status& status);
    Status watch(const Link& link, Watched& watched);
    void let_go(const std::vector<ChosenLink>& chosen);
    Attempt attach_ingress(const Link& link);
    Attempt attach_xdp_ingress(const Link& link);
    Attempt attach_tc(const Link& link, dns_direction direction);
    [[nodiscard]] int tc_program(const Link& link, dns_direction direction) const;
    void assign_slot(const Link& link);
    dns_interface_entry* entry_of(uint32_t ifindex);

    const LoadedPrograms& programs_;
    CaptureConfig config_;
    std::map<uint32_t, Watched> watched_;                 // by ifindex
    std::map<std::string, uint32_t, std::less<>> slots_;  // by name; a name keeps its slot for ever
};

}  // namespace dnsexp
