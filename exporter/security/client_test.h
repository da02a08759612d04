// Whether one client runs a domain generation algorithm: a sequential test over the registrable domains that
// it asks.
#pragma once

#include <cstdint>

#include "exporter/security/client_domains.h"
#include "exporter/security/client_likeness.h"

namespace dnsexp {

// Malware with such an algorithm asks domain after domain until one answers; most don't exist. So each new
// domain is weighed: how much likelier is this one (it exists or not; it looks like the last ones that don't)
// if a tenth of the client's domains came from a generator, than if all is as usual? The logarithms of these
// ratios are summed (Wald's sequential probability ratio test, 1945), the sum never falls below 0, so what
// went before an infection doesn't excuse it (Page's CUSUM, 1954). As the ratios' mean is 1 while all is as
// usual, a sum reaches h at most once in e^h domains. Time enters by forgetting.
//
// Two sums have to agree. `evidence` takes everything. `likeness` takes only how the names that don't exist
// look, against those that do: a client of whose benign names many are gone (a crawler, a blocking resolver)
// has no likeness. "As usual" is what was learned of this client, slowly, so a mail server that meets dead
// domains of a few suffixes all day becomes its own measure.
//
// What can't be told apart: a broken program that asks tens of different dead domains of one pattern; and an
// infection that went on for hours, of a client that always asked so. A hundred clients behind one address
// hide the one among them. Names that a generator shares with nothing, one in ten minutes, are too few.
//
// Fixed memory, below 1 KiB. Not thread-safe.
class ClientTest {
  public:
    // Whether add() would change nothing: the domain has been counted.
    [[nodiscard]] bool knows(uint64_t hash, bool exists, uint64_t time_ns) const {
        return seen_.knows(hash, exists, time_ns);
    }

    // What a new domain that doesn't exist was weighed with, natural logarithm; else 0. `hash`: seeded, of
    // the registrable domain. `time_ns`: CLOCK_MONOTONIC of the query.
    float add(uint64_t hash, const DomainTraits& traits, bool exists, uint64_t time_ns);

    [[nodiscard]] bool is_found() const;
    // Part of the evidence that is needed, 0 to 1, as of `time_ns`.
    [[nodiscard]] float suspicion(uint64_t time_ns) const;
    // Distinct domains since the suspicion began, and those of them that don't exist.
    [[nodiscard]] uint32_t domains() const { return domains_; }
    [[nodiscard]] uint32_t missing() const { return missing_; }

    // Begins anew; what is usual stays known.
    void restart();

  private:
    [[nodiscard]] float kept(uint64_t time_ns) const;
    float add_missing(const DomainTraits& traits);
    void add_existing(const DomainTraits& traits);
    void take_missing_back(const DomainTraits& traits, float weight);

    static constexpr float least_usual_share = 0.06F;  // one in twenty is common; a little above it

    float evidence_ = 0;
    float likeness_ = 0;
    float usual_share_ = least_usual_share;  // of domains that don't exist
    uint32_t domains_ = 0;
    uint32_t missing_ = 0;
    uint64_t time_ns_ = 0;
    FailureLikeness looks_;
    ClientDomains seen_;
};

}  // namespace dnsexp
