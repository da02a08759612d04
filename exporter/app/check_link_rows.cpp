#include <algorithm>
#include <map>
#include <optional>

#include "exporter/app/check_judge.h"
#include "exporter/bpf/hook.h"
#include "exporter/bpf/link_layer.h"

namespace dnsexp {
namespace {

constexpr size_t kNamesShown = 8;  // of interfaces that are left out for one reason

// How TC programs are attached; nothing: they can't be.
std::optional<std::string> tc_mode(const BpfFacts& bpf, TcLink wanted) {
    if (wanted == TcLink::tcx) return fails(bpf.tcx) ? std::nullopt : std::optional("TCX");
    if (wanted == TcLink::automatic && works(bpf.tcx)) return "TCX";
    if (wanted == TcLink::automatic && !bpf.tcx) return "TCX or clsact";
    return fails(bpf.clsact) ? std::nullopt : std::optional("clsact");
}

// How arriving packets of a link that is to have XDP are seen; nothing: by TC.
std::optional<std::string> xdp_mode(const XdpState& xdp, Ingress wanted) {
    if (xdp.program != 0) return std::nullopt;
    if (!xdp.native)
        return wanted == Ingress::xdp ? "XDP, in the driver where it can" : "XDP where the driver has it";
    if (*xdp.native) return "XDP in the driver";
    return wanted == Ingress::xdp ? std::optional("generic XDP") : std::nullopt;
}

std::string name_in_words(const ProgramThere& program) {
    return (program.name ? *program.name + " (program " : "a program of unknown name (") +
           std::to_string(program.id) + ") by " + program.hook + " on " + program.interface;
}

bool is_of_exporter(const ProgramThere& program) {
    return program.name ? is_exporters(*program.name) : program.in_exporters_place;
}

std::optional<CheckRow> xdp_row(const WatchedLink& watched, const CheckFacts& facts, Ingress wanted) {
    const Link& link = watched.chosen.link;
    if (link.loopback || link_layer(link) != LinkLayer::ethernet) return std::nullopt;
    CheckRow row{"XDP " + link.name, "counting", Finding::yes, "", ""};
    const bool used = wants_xdp(link, wanted);
    if (watched.xdp.program != 0) {
        const auto there = std::find_if(facts.programs.begin(), facts.programs.end(), [&](const auto& one) {
            return one.id == watched.xdp.program && one.interface == link.name;
        });
        row.finding = Finding::no;
        row.detail =
            "taken by " + (there != facts.programs.end() ? name_in_words(*there)
                                                         : "program " + std::to_string(watched.xdp.program));
        row.remedy =
            wanted == Ingress::xdp ? "take it off, or set capture.ingress: auto" : "TC is used instead";
    } else if (!watched.xdp.native) {
        row.finding = Finding::unknown;
        row.detail = "the kernel tells from Linux 6.3 on";
        row.detail += used ? "; it is tried at the start" : "; it is not used here";
    } else if (*watched.xdp.native) {
        row.detail = used                    ? "the driver has it"
                     : wanted == Ingress::tc ? "the driver has it; capture.ingress: tc forgoes it"
                                             : "the driver has it; not used, as this is no real device";
    } else {
        row.finding = Finding::no;
        row.detail = "the driver has none";
        row.remedy = wanted == Ingress::xdp ? "generic XDP is used; capture.ingress: auto costs less"
                                            : "nothing: TC needs no help of the driver";
    }
    return row;
}

// One row for each reason.
CheckRows left_out_rows(const std::vector<LeftOut>& left_out) {
    std::map<std::string, std::vector<std::string>> by_reason;
    for (const LeftOut& one : left_out) by_reason[one.reason].push_back(one.link.name);
    CheckRows rows;
    for (const auto& [reason, names] : by_reason) {
        std::string list;
        for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
            list += (i == 0 ? "" : ", ") + names[i];
        if (names.size() > kNamesShown)
            list += " and " + std::to_string(names.size() - kNamesShown) + " more";
        rows.push_back({"not watched", "counting", Finding::no, list + ": " + reason,
                        "--interface=NAME watches others than the default ones"});
    }
    return rows;
}

CheckRow others_row(const CheckFacts& facts) {
    CheckRow row{"other exporters", "counting", Finding::yes, "none is attached to these interfaces", ""};
    std::string ours, unnamed;
    for (const ProgramThere& program : facts.programs) {
        std::string& list = is_of_exporter(program) ? ours : unnamed;
        if (is_of_exporter(program) || !program.name)
            list += (list.empty() ? "" : ", ") + name_in_words(program);
    }
    if (!ours.empty()) {
        row.finding = Finding::partly;
        row.detail = ours;
        row.remedy = works(facts.bpf.tcx)
                         ? "nothing: two get on with each other under TCX, but only one can have XDP"
                         : "stop it: under clsact the later one takes the place of the earlier";
    } else if (!facts.programs_told || !unnamed.empty()) {
        row.finding = Finding::unknown;
        row.detail = unnamed.empty() ? "the kernel tells with CAP_NET_ADMIN"
                                     : unnamed + ": names are told with CAP_SYS_ADMIN";
    }
    return row;
}

CheckRow listen_row(const ListenFact& fact) {
    CheckRow row{"listen " + fact.address, "web", Finding::yes, "free", ""};
    if (fact.status) return row;
    Error error = fact.status.error();
    row.finding = Finding::no;
    row.remedy = error.hint.empty() ? "choose another address with --web.listen-address" : error.hint;
    error.hint.clear();
    row.detail = error.message();
    return row;
}

}  // namespace

CheckRow watch_row(const WatchedLink& watched, const BpfFacts& bpf, const CaptureConfig& config) {
    const Link& link = watched.chosen.link;
    CheckRow row{"interface " + link.name, "counting", Finding::no, "", ""};
    const auto tc = tc_mode(bpf, config.tc_link);
    const bool wants = wants_xdp(link, config.ingress);
    if (link_layer(link) == LinkLayer::unknown) {
        row.detail =
            "what its packets begin with is not known (link type " + std::to_string(link.hardware_type) + ")";
        row.remedy = "choose other interfaces with --interface";
    } else if (!tc) {
        row.detail = config.tc_link == TcLink::tcx
                         ? "capture.tc_link: tcx is forced, and this kernel has none"
                         : "no TC program can be attached";
        row.remedy = config.tc_link == TcLink::tcx ? "capture.tc_link: auto, or Linux 6.6 or later"
                                                   : "load the kernel's modules sch_ingress and cls_bpf";
    } else if (wants && config.ingress == Ingress::xdp && watched.xdp.program != 0) {
        row.detail = "capture.ingress: xdp is forced, and another program is there";
        row.remedy = "take it off, or set capture.ingress: auto";
    } else {
        row.finding = Finding::yes;
        const auto xdp = wants ? xdp_mode(watched.xdp, config.ingress) : std::nullopt;
        row.detail = link.loopback ? "packets are seen where they leave: " + *tc
                                   : "arriving: " + xdp.value_or(*tc) + "; leaving: " + *tc;
        if (!link.up) row.detail += "; it is down";
    }
    return row;
}

CheckRows link_rows(const CheckFacts& facts, const Config& config) {
    CheckRows rows;
    if (!facts.network)
        rows.push_back({"interfaces", "counting", Finding::no, facts.network.error().message(),
                        "allow netlink sockets (systemd: RestrictAddressFamilies=AF_NETLINK)"});
    for (const std::string& name : facts.missing)
        rows.push_back({"interface " + name, "counting", Finding::no, "there is no interface of this name",
                        "name another, or a glob, which may match nothing"});
    for (const WatchedLink& watched : facts.watched)
        rows.push_back(watch_row(watched, facts.bpf, config.capture));
    if (facts.watched.empty() && facts.network && facts.missing.empty())
        rows.push_back(
            {"interfaces", "counting", Finding::no, "none is to be watched", "choose some with --interface"});
    for (const WatchedLink& watched : facts.watched)
        if (auto row = xdp_row(watched, facts, config.capture.ingress)) rows.push_back(std::move(*row));
    for (CheckRow& row : left_out_rows(facts.left_out)) rows.push_back(std::move(row));
    rows.push_back(others_row(facts));
    for (const ListenFact& fact : facts.listen) rows.push_back(listen_row(fact));
    return rows;
}

}  // namespace dnsexp
