#include "exporter/security/client_test.h"

#include <algorithm>
#include <cmath>

namespace dnsexp {
namespace {

// A false alarm in 100,000 hours of a client that asks 5,000 new domains an hour: ln(5e8).
constexpr float evidence_needed = 20;
// Alone it would be too little; it has to come together with the evidence. It decides where more is missing
// than the client's usual share says yet: one or two such clients in a hundred are told of in their first
// hour at one NXDOMAIN in four (test/bench/dga_clients.cpp).
constexpr float likeness_needed = 13;

constexpr float generated_share = 0.10F;  // of the client's domains, where it is infected
constexpr float most_usual_share = 0.5F;  // above it a share tells nothing
constexpr float learning = 1.0F / 2048;   // of the usual share, a domain: 50 generated ones move it by 0.02
constexpr float half_life_ns = 1'800e9F;

}  // namespace

// Of both sums, by the time since the last domain. Answers come in another order than queries.
float ClientTest::kept(uint64_t time_ns) const {
    return time_ns <= time_ns_ ? 1 : std::exp2(-static_cast<float>(time_ns - time_ns_) / half_life_ns);
}

float ClientTest::add(uint64_t hash, const DomainTraits& traits, bool exists, uint64_t time_ns) {
    const ClientDomains::Look look = seen_.look(hash, exists, time_ns);
    if (look.seen == ClientDomains::Seen::again) return 0;
    evidence_ *= kept(time_ns);
    likeness_ *= kept(time_ns);
    time_ns_ = std::max(time_ns_, time_ns);
    float weight = 0;
    if (look.seen == ClientDomains::Seen::recovered) {
        take_missing_back(traits, look.weight);
    } else if (exists) {
        add_existing(traits);
    } else {
        weight = add_missing(traits);
        seen_.weigh(hash, weight);
    }
    if (evidence_ <= 0) {
        evidence_ = 0;
        domains_ = missing_ = 0;
    }
    return weight;
}

void ClientTest::take_missing_back(const DomainTraits& traits, float weight) {
    evidence_ -= weight;
    missing_ -= std::min(missing_, 1U);
    looks_.take_missing_back(traits);
    looks_.add_existing(traits);
}

float ClientTest::add_missing(const DomainTraits& traits) {
    const float likeness = looks_.log_ratio(traits);
    const float step = std::log((usual_share_ + generated_share) / usual_share_) + likeness;
    evidence_ += step;
    likeness_ = std::max(likeness_ + likeness, 0.0F);
    ++missing_;
    ++domains_;
    looks_.add_missing(traits);
    usual_share_ = std::min(usual_share_ + learning * (1 - usual_share_), most_usual_share);
    return step;
}

void ClientTest::add_existing(const DomainTraits& traits) {
    evidence_ += std::log1p(-generated_share / (1 - usual_share_));
    looks_.add_existing(traits);
    ++domains_;
    usual_share_ = std::max(usual_share_ - learning * usual_share_, least_usual_share);
}

bool ClientTest::is_found() const {
    return evidence_ >= evidence_needed && likeness_ >= likeness_needed;
}

float ClientTest::suspicion(uint64_t time_ns) const {
    if (evidence_ == 0) return 0;  // as of most clients
    return std::min(evidence_ * kept(time_ns) / evidence_needed, 1.0F);
}

void ClientTest::restart() {
    evidence_ = likeness_ = 0;
    domains_ = missing_ = 0;
}

}  // namespace dnsexp
