// What the dual headers see in captures: a line of JSON for each message, and for each packet that is none.
#include <cstdio>

#include "test/support/host_source.h"
#include "test/truth/message_json.h"
#include "test/truth/truth_jobs.h"

using namespace dnsexp;
using namespace dnsexp::test;

int main(int argc, char** argv) {
    const auto options = parse_truth_options(argc, argv, false);
    if (!options) return std::fprintf(stderr, "truth_host: %s\n", options.error().message().c_str()), 2;
    const Status status = do_truth_jobs([&](const TruthJob& job) {
        ModelOptions model;
        model.ports = job.ports;
        if (options.value().tunnels)
            model.tunnels =
                DNS_TUNNEL_GRE | DNS_TUNNEL_IPIP | DNS_TUNNEL_PPPOE | DNS_TUNNEL_VXLAN | DNS_TUNNEL_GENEVE;
        HostSource source(model);
        source.set_observer([](const ObservedMessage& seen) { std::puts(json_line(seen).c_str()); });
        return source.replay(job.capture);
    });
    if (!status) return std::fprintf(stderr, "truth_host: %s\n", status.error().message().c_str()), 1;
    return 0;
}
