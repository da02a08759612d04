#include "exporter/security/finding_budget.h"

#include <catch2/catch.hpp>

#include "test/support/judged_queries.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

bool tell(FindingBudget& budget, FindingShelf& shelf, EventType type, const std::string& domain,
          uint64_t seconds) {
    Subject subject{{ipv4(0x0a000001), 3}, domain};
    if (!budget.admit(shelf, type, Severity::low, subject, seconds * one_second)) return false;
    Finding finding;
    finding.type = type;
    finding.client = subject.client;
    finding.domain = subject.domain;
    shelf.raise(std::move(finding));
    return true;
}

}  // namespace

TEST_CASE("Beyond the budget, findings are folded into one about nobody, and none is lost") {
    FindingBudget budget;
    FindingShelf shelf;
    for (int i = 0; i < 1000; ++i)
        tell(budget, shelf, EventType::txt_query, "d" + std::to_string(i) + ".test", 100);
    REQUIRE(shelf.findings.size() == FindingBudget::per_minute + 1);
    CHECK(shelf.findings[0].domain == "d0.test");
    CHECK(shelf.findings[0].client.workload == 3);
    CHECK(shelf.findings.back().domain.empty());
    CHECK(shelf.findings.back().client == ClientId{});
    CHECK(shelf.findings.back().folded == 1000 - FindingBudget::per_minute - 1);
}

TEST_CASE("Each type has a budget of its own, and each minute a new one") {
    FindingBudget budget;
    FindingShelf shelf;
    for (int i = 0; i < 100; ++i) tell(budget, shelf, EventType::txt_query, "d" + std::to_string(i), 100);
    tell(budget, shelf, EventType::long_label, "other", 100);
    CHECK(shelf.findings.back().domain == "other");
    tell(budget, shelf, EventType::txt_query, "later", 161);
    CHECK(shelf.findings.back().domain == "later");
}

TEST_CASE("What the sink folds costs nothing") {
    FindingBudget budget;
    FindingShelf shelf;
    for (int i = 0; i < 1000; ++i) tell(budget, shelf, EventType::txt_query, "same", 100);
    CHECK(tell(budget, shelf, EventType::txt_query, "another", 100));
    CHECK(shelf.findings.back().domain == "another");
}
