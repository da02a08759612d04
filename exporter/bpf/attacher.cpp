#include "exporter/bpf/attacher.h"

#include <atomic>
#include <cerrno>
#include <set>

#include "exporter/base/log.h"
#include "exporter/bpf/link_layer.h"

namespace dnsexp {
namespace {

Error unsupported_link(const Link& link) {
    return Error{"attach", "", 0, "link type " + std::to_string(link.hardware_type) + " is not known",
                 "choose other interfaces with --interface"};
}

std::string_view direction_name(dns_direction direction) {
    return direction == DNS_INGRESS ? "ingress" : "egress";
}

}  // namespace

Attacher::Attacher(const LoadedPrograms& programs, const CaptureConfig& config)
    : programs_(programs), config_(config) {}

int Attacher::tc_program(const Link& link, dns_direction direction) const {
    const auto& p = programs_.skeleton->progs;
    const bool current = programs_.variant == Variant::current;
    const bool in = direction == DNS_INGRESS;
    const bpf_program* program = nullptr;
    if (link.loopback)
        program = current ? p.dns_tc_lo : p.dns_tc_lo_old;
    else if (link_layer(link) == LinkLayer::ip)
        program =
            current ? (in ? p.dns_tc_in_ip : p.dns_tc_out_ip) : (in ? p.dns_tc_in_ip_ol : p.dns_tc_out_ip_o);
    else
        program = current ? (in ? p.dns_tc_in : p.dns_tc_out) : (in ? p.dns_tc_in_old : p.dns_tc_out_old);
    return bpf_program__fd(program);
}

Attacher::Attempt Attacher::attach_tc(const Link& link, dns_direction direction) {
    const HookTarget target{tc_program(link, direction), link.index, direction};
    if (config_.tc_link != TcLink::clsact) {
        auto hook = attach_tcx(target);
        // EINVAL: a kernel before 6.6, which knows no TCX.
        if (hook || config_.tc_link == TcLink::tcx || hook.error().errnum != EINVAL)
            return {"tcx", std::move(hook)};
    }
    return {"clsact", attach_clsact(target)};
}

// Native in the driver; else generic, which every device has. Only for those who ask for XDP.
Attacher::Attempt Attacher::attach_xdp_ingress(const Link& link) {
    const auto& p = programs_.skeleton->progs;
    const bpf_program* program = programs_.variant == Variant::current ? p.dns_xdp_in : p.dns_xdp_in_old;
    const HookTarget target{bpf_program__fd(program), link.index, DNS_INGRESS};
    auto native = attach_xdp(target, true);
    if (native || config_.ingress == Ingress::automatic || native.error().errnum == EBUSY)
        return {"native", std::move(native)};
    return {"generic", attach_xdp(target, false)};
}

Attacher::Attempt Attacher::attach_ingress(const Link& link) {
    if (wants_xdp(link, config_.ingress)) {
        Attempt attempt = attach_xdp_ingress(link);
        if (attempt.hook || config_.ingress == Ingress::xdp) return attempt;
        log_debug("no native XDP, using TC",
                  {{"interface", link.name}, {"err", attempt.hook.error().message()}});
    }
    return attach_tc(link, DNS_INGRESS);
}

// On loopback every packet leaves and arrives: it is observed where it leaves, once.
std::vector<Attacher::Placed> Attacher::places_of(const Link& link) {
    std::vector<Placed> places;
    if (!link.loopback) places.push_back({DNS_INGRESS, "tcx", nullptr});
    places.push_back({DNS_EGRESS, "tcx", nullptr});
    return places;
}

// Lets go of hooks that are no longer there, and says whether every one is.
bool Attacher::all_attached(Watched& watched) {
    bool all = true;
    for (Placed& placed : watched.placed) {
        if (placed.attached && !placed.attached->alive()) placed.attached.reset();
        all = all && placed.attached;
    }
    return all;
}

// Attaches what is not attached. A hook that works is left alone: taking it off and putting it on again would
// lose what passes meanwhile.
Status Attacher::watch(const Link& link, Watched& watched) {
    Status status = ok();
    for (Placed& placed : watched.placed) {
        if (placed.attached) continue;
        if (link_layer(link) == LinkLayer::unknown) {
            status = unsupported_link(link);
            continue;
        }
        Attempt attempt =
            placed.direction == DNS_INGRESS ? attach_ingress(link) : attach_tc(link, DNS_EGRESS);
        placed.mode = attempt.mode;
        if (attempt.hook)
            placed.attached = std::move(attempt.hook).value();
        else
            status = attempt.hook.error();
    }
    return status;
}

void Attacher::let_go(const std::vector<ChosenLink>& chosen) {
    std::set<uint32_t> wanted;
    for (const ChosenLink& c : chosen) wanted.insert(c.link.index);
    for (auto it = watched_.begin(); it != watched_.end();) {
        if (wanted.contains(it->first)) {
            ++it;
            continue;
        }
        log_info("interface let go", {{"interface", it->second.name}});
        if (dns_interface_entry* entry = entry_of(it->first))
            std::atomic_ref<__u32>(entry->ifindex).store(0, std::memory_order_release);
        it = watched_.erase(it);
    }
}

void Attacher::report(const ChosenLink& chosen, Watched& watched, const Status& status) {
    const std::string problem = status ? "" : status.error().message();
    if (!problem.empty() && problem != watched.problem)
        log_warn("interface can't be attached", {{"interface", chosen.link.name}, {"err", problem}});
    else if (problem.empty())
        log_info("interface attached",
                 {{"interface", chosen.link.name}, {"mode", watched.placed.front().mode}});
    watched.problem = problem;
}

Status Attacher::sync(const std::vector<ChosenLink>& chosen, bool named_must_work) {
    let_go(chosen);
    for (const ChosenLink& c : chosen) {
        Watched& watched = watched_[c.link.index];
        if (watched.name != c.link.name) {
            watched.name = c.link.name;
            assign_slot(c.link);
        }
        if (watched.placed.empty()) watched.placed = places_of(c.link);
        if (all_attached(watched)) continue;
        const Status status = watch(c.link, watched);
        if (!status && named_must_work && c.named) {
            Error error = status.error();
            error.operation += " to interface " + c.link.name;
            return error;
        }
        report(c, watched, status);
    }
    return ok();
}

std::vector<AttachedHook> Attacher::hooks() const {
    std::vector<AttachedHook> hooks;
    for (const auto& [index, watched] : watched_)
        for (const Placed& placed : watched.placed)
            hooks.push_back({watched.name, std::string(direction_name(placed.direction)), placed.mode,
                             placed.attached != nullptr});
    return hooks;
}

std::vector<InterfaceSlot> Attacher::slots() const {
    std::vector<InterfaceSlot> slots;
    for (const auto& [name, slot] : slots_) slots.push_back({slot, name});
    return slots;
}

dns_interface_entry* Attacher::entry_of(uint32_t ifindex) {
    for (dns_interface_entry& entry : programs_.skeleton->bss->interfaces)
        if (entry.ifindex == ifindex) return &entry;
    return nullptr;
}

// The programs find an interface's slot in a table of ifindex, probed from ifindex modulo its size.
void Attacher::assign_slot(const Link& link) {
    uint32_t slot = 0;
    if (const auto known = slots_.find(link.name); known != slots_.end()) {
        slot = known->second;
    } else if (slots_.size() + 1 < DNS_INTERFACES_MAX) {
        slot = static_cast<uint32_t>(slots_.size() + 1);
        slots_.emplace(link.name, slot);
    } else {
        log_warn("interface counts under `other`: all slots of interfaces are taken",
                 {{"interface", link.name}});
    }
    if (dns_interface_entry* entry = entry_of(link.index)) {  // renamed: one store, no packet is missed
        std::atomic_ref<__u32>(entry->slot).store(slot);
        return;
    }
    auto& table = programs_.skeleton->bss->interfaces;
    for (uint32_t probe = 0; probe < DNS_PROBES; probe++) {
        dns_interface_entry& entry = table[(link.index + probe) % DNS_INTERFACE_TABLE];
        if (entry.ifindex != 0) continue;
        entry.slot = slot;
        std::atomic_ref<__u32>(entry.ifindex).store(link.index, std::memory_order_release);
        return;
    }
    log_warn("interface counts under `other`: its place in the table is taken", {{"interface", link.name}});
}

}  // namespace dnsexp
