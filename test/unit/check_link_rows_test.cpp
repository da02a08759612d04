#include <catch2/catch.hpp>
#include <cerrno>

#include "test/support/played_host.h"

using namespace dnsexp;

namespace {

Config with_ingress(Ingress ingress) {
    Config config;
    config.capture.ingress = ingress;
    return config;
}

std::string detail_of(const CheckFacts& facts, const std::string& name, const Config& config = {}) {
    return row_of(judge_host(facts, config), name).detail;
}

}  // namespace

TEST_CASE("A real device whose driver has XDP is watched by it, and others by TC") {
    CheckFacts facts = played_host();
    facts.watched.push_back(played_link(3, "veth1", "veth", true));
    facts.watched.push_back(played_link(4, "eth1", "", false));
    facts.watched.push_back(played_link(5, "eth2", "", std::nullopt));
    CHECK(detail_of(facts, "interface eth0") == "arriving: XDP in the driver; leaving: TCX");
    CHECK(detail_of(facts, "interface veth1") == "arriving: TCX; leaving: TCX");
    CHECK(detail_of(facts, "interface eth1") == "arriving: TCX; leaving: TCX");
    CHECK(detail_of(facts, "interface eth2") == "arriving: XDP where the driver has it; leaving: TCX");
    const CheckReport report = judge_host(facts, {});
    CHECK(row_of(report, "XDP veth1").finding == Finding::yes);
    CHECK(holds(row_of(report, "XDP veth1").detail, "no real device"));
    CHECK(row_of(report, "XDP eth1").finding == Finding::no);
    CHECK(row_of(report, "XDP eth2").finding == Finding::unknown);
    CHECK(detail_of(facts, "interface eth0", with_ingress(Ingress::tc)) == "arriving: TCX; leaving: TCX");
}

TEST_CASE("XDP that is forced is generic without a driver's, and impossible where another program is") {
    CheckFacts facts = played_host();
    facts.watched = {played_link(3, "veth1", "veth", true), played_link(4, "eth1", "", false)};
    const Config config = with_ingress(Ingress::xdp);
    CHECK(detail_of(facts, "interface veth1", config) == "arriving: XDP in the driver; leaving: TCX");
    CHECK(detail_of(facts, "interface eth1", config) == "arriving: generic XDP; leaving: TCX");
    facts.watched[0].xdp.program = 77;
    facts.programs = {{"veth1", "XDP", 77, "xdp_balancer", false}};
    CheckReport report = judge_host(facts, config);
    CHECK(row_of(report, "interface veth1").finding == Finding::no);
    CHECK(holds(row_of(report, "XDP veth1").detail, "xdp_balancer (program 77)"));
    CHECK(report.counting);  // on the other
    facts.watched[0].chosen.named = true;
    CHECK_FALSE(judge_host(facts, config).counting);  // the user meant this one
    CHECK(judge_host(facts, {}).counting);
    CHECK(detail_of(facts, "interface veth1") == "arriving: TCX; leaving: TCX");
}

TEST_CASE("Loopback is watched where packets leave, and has no row for XDP") {
    CheckFacts facts = played_host();
    WatchedLink lo = played_link(1, "lo", "", false);
    lo.chosen.link.loopback = true;
    lo.chosen.link.physical = false;
    facts.watched = {lo};
    CHECK(detail_of(facts, "interface lo") == "packets are seen where they leave: TCX");
    CHECK(row_of(judge_host(facts, {}), "XDP lo").name.empty());
    CHECK(judge_host(facts, {}).counting);
}

TEST_CASE("A link of unknown packets is not watched, one without an Ethernet header is") {
    CheckFacts facts = played_host();
    facts.watched[0].chosen.link.hardware_type = kInfiniband;
    CHECK(row_of(judge_host(facts, {}), "interface eth0").finding == Finding::no);
    CHECK_FALSE(judge_host(facts, {}).counting);
    facts.watched[0].chosen.link.hardware_type = kNone;
    CHECK(detail_of(facts, "interface eth0") == "arriving: TCX; leaving: TCX");
    CHECK(judge_host(facts, {}).counting);
}

TEST_CASE("TC is attached as the configuration and the kernel have it") {
    CheckFacts facts = played_host();
    Config config = with_ingress(Ingress::tc);
    config.capture.tc_link = TcLink::clsact;
    CHECK(detail_of(facts, "interface eth0", config) == "arriving: clsact; leaving: clsact");
    facts.bpf.tcx = Status(refused(EINVAL));
    config.capture.tc_link = TcLink::tcx;
    CHECK(row_of(judge_host(facts, config), "interface eth0").finding == Finding::no);
    CHECK_FALSE(judge_host(facts, config).counting);
    facts.bpf.clsact = Status(refused(ENOENT));
    CHECK(row_of(judge_host(facts, {}), "interface eth0").finding == Finding::no);
    CHECK(holds(row_of(judge_host(facts, {}), "clsact").remedy, "sch_ingress"));
}

TEST_CASE("An interface that is named and missing keeps the exporter from starting") {
    CheckFacts facts = played_host();
    facts.missing = {"nowhere0"};
    const CheckReport report = judge_host(facts, {});
    CHECK_FALSE(report.counting);
    CHECK(row_of(report, "interface nowhere0").finding == Finding::no);
}

TEST_CASE("Interfaces that are left out are told by their reason, and not all of very many") {
    CheckFacts facts = played_host();
    for (uint32_t i = 0; i < 11; ++i)
        facts.left_out.push_back(
            {played_link(i + 10, "veth" + std::to_string(i), "veth", true).chosen.link, "why"});
    const CheckReport report = judge_host(facts, {});
    CHECK(row_of(report, "not watched").detail ==
          "veth0, veth1, veth2, veth3, veth4, veth5, veth6, veth7 and 3 more: why");
    CHECK(report.counting);
}

TEST_CASE("Other exporters are known by their programs, and strangers are none") {
    CheckFacts facts = played_host();
    facts.programs = {{"eth0", "TCX ingress", 5, "cil_from_netdev", false}};
    CHECK(row_of(judge_host(facts, {}), "other exporters").finding == Finding::yes);
    facts.programs.push_back({"eth0", "TCX egress", 6, "dns_tc_out", false});
    CheckRow row = row_of(judge_host(facts, {}), "other exporters");
    CHECK(row.finding == Finding::partly);
    CHECK(row.detail == "dns_tc_out (program 6) by TCX egress on eth0");
    facts.programs = {{"eth0", "TCX egress", 7, std::nullopt, false}};
    CHECK(row_of(judge_host(facts, {}), "other exporters").finding == Finding::unknown);
    facts.programs = {{"eth0", "clsact egress", 8, std::nullopt, true}};
    facts.bpf.tcx = Status(refused(EINVAL));
    row = row_of(judge_host(facts, {}), "other exporters");
    CHECK(row.finding == Finding::partly);
    CHECK(holds(row.remedy, "takes the place"));
}

TEST_CASE("A listen address that is taken is told with its hint, and does not keep from counting") {
    CheckFacts facts = played_host();
    facts.listen.push_back(
        {"127.0.0.1:53", Status(Error{"listen", "127.0.0.1:53", EADDRINUSE, "", "stop it"})});
    const CheckReport report = judge_host(facts, {});
    CHECK(row_of(report, "listen :10153").finding == Finding::yes);
    CHECK(row_of(report, "listen 127.0.0.1:53").finding == Finding::no);
    CHECK(row_of(report, "listen 127.0.0.1:53").remedy == "stop it");
    CHECK(report.counting);
}
