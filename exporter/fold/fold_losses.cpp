#include "exporter/fold/fold_losses.h"

#include "exporter/fold/tally.h"

namespace dnsexp {

void fold_losses(const RawSnapshot& snapshot, const dns_stats& wire, FoldedFamily& family) {
    const dns_stats& sockets = snapshot.sockets;
    Tally losses;
    losses.add({"clients", "evicted"}, wire.clients_evicted);
    losses.add({"clients", "full"}, wire.clients_no_room);
    losses.add({"pending", "busy"}, wire.pending_contended);
    losses.add({"tcp_streams", "evicted"}, wire.flows_evicted + sockets.flows_evicted);
    losses.add({"traffic", "full"}, wire.traffic_map_full);
    losses.add({"any", "failed"}, wire.map_failures + sockets.map_failures);
    if (snapshot.has_workloads) {
        losses.add({"calls", "forgotten"}, snapshot.calls.forgotten);
        losses.add({"fetches", "evicted"}, sockets.fetches_evicted);
        losses.add({"socket_lanes", "busy"}, sockets.lanes_busy);
        losses.add({"socket_pending", "busy"}, sockets.pending_contended);
    }
    family.series = losses.series();
}

}  // namespace dnsexp
