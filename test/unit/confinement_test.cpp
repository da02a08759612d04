#include "exporter/app/confinement.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("What goes on by --capabilities.drop") {
    const CapabilityNeeds now{.attaches = true,
                              .removes_filters = true,
                              .probes_libcs = true,
                              .reads_processes = true,
                              .calls_bpf_by_capability = true};
    const CapabilityNeeds needed = remaining_needs(CapabilityDrop::needed, now);
    CHECK((needed.attaches && needed.probes_libcs && needed.reads_processes));
    CHECK((needed.removes_filters && needed.calls_bpf_by_capability));
    // Who gives all up still can't do without these two.
    const CapabilityNeeds all = remaining_needs(CapabilityDrop::all, now);
    CHECK_FALSE((all.attaches || all.probes_libcs || all.reads_processes));
    CHECK((all.removes_filters && all.calls_bpf_by_capability));
    const CapabilityNeeds none = remaining_needs(CapabilityDrop::all, {.attaches = true});
    CHECK_FALSE((none.removes_filters || none.calls_bpf_by_capability));
}
