#!/usr/bin/env bash
# Makes the golden captures of real traffic anew: dig, nsd and unbound in two network namespaces, tcpdump
# beside them. Needs root and the packages bind9-dnsutils, nsd, unbound, tcpdump, wireshark-common, ethtool, iproute2.
# usage: test/golden/make_captures.sh FOLDER
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$(realpath "$1")
work=$(mktemp -d)
client=dnsexp-$$-golden-c
server=dnsexp-$$-golden-s
pids=()

cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    ip netns del "$client" 2>/dev/null || true
    ip netns del "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

for name in "$client" "$server"; do
    ip netns add "$name"
    ip netns exec "$name" sysctl -q -w net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0
    ip -n "$name" link set lo up
done
ip -n "$client" link add eth0 type veth peer name eth0 netns "$server"
# Frames as a wire would carry them: no segmentation offload.
for name in "$client" "$server"; do
    ip netns exec "$name" ethtool -K eth0 tso off gso off gro off >/dev/null
    ip -n "$name" link set eth0 up
done
ip -n "$client" addr add 192.0.2.1/24 dev eth0
ip -n "$client" addr add 2001:db8::1/64 dev eth0
ip -n "$server" addr add 192.0.2.53/24 dev eth0
ip -n "$server" addr add 2001:db8::53/64 dev eth0

cat >"$work/zone" <<'ZONE'
$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ TXT "v=spf1 -all"
@ HTTPS 1 . alpn=h2
ns A 192.0.2.53
mail A 192.0.2.25
www A 192.0.2.80
www AAAA 2001:db8::80
alias CNAME www
_sip._udp SRV 0 5 5060 www
ZONE
for i in $(seq 40); do echo "big TXT \"$i$(printf 'x%.0s' $(seq 60))\"" >>"$work/zone"; done
cat >"$work/nsd.conf" <<NSD
server:
  ip-address: 192.0.2.53
  ip-address: 2001:db8::53
  ip-address: 127.0.0.1
  username: ""
  server-count: 1
  zonesdir: "$work"
  database: ""
  pidfile: "$work/nsd.pid"
  zonelistfile: "$work/zone.list"
  xfrdfile: "$work/xfrd.state"
  xfrdir: "$work"
  logfile: "$work/nsd.log"
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: zone
NSD
cat >"$work/unbound.conf" <<UNBOUND
server:
  interface: 192.0.2.1
  interface: 2001:db8::1
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  logfile: "$work/unbound.log"
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "0.2.192.in-addr.arpa." static
forward-zone:
  name: "."
  forward-addr: 192.0.2.53
remote-control:
  control-enable: no
UNBOUND
ip netns exec "$server" nsd -d -c "$work/nsd.conf" &
pids+=($!)
ip netns exec "$client" unbound -d -c "$work/unbound.conf" &
pids+=($!)

ask_from() { # ask_from NAMESPACE ARGUMENTS OF dig
    local name=$1
    shift
    ip netns exec "$name" dig +time=1 +tries=1 "$@" >/dev/null || true
}
# Servers and tcpdump are up when they answer or have written; a bounded wait.
for _ in $(seq 50); do
    ip netns exec "$server" dig +time=1 +tries=1 @127.0.0.1 example.com SOA >/dev/null && break
    sleep 0.1
done
sleep 1

capture() { # capture NAMESPACE DEVICE FILE.pcap: until finish_captures
    ip netns exec "$1" tcpdump -q -n -U -i "$2" --time-stamp-precision=nano -w "$work/$3" "port 53" 2>/dev/null &
    captures+=($!)
}
finish_captures() {
    sleep 1
    for pid in "${captures[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
    for pid in "${captures[@]}"; do wait "$pid" || true; done
    captures=()
}
captures=()

# The client's view and the server's of the same traffic.
capture "$client" eth0 client.pcap
capture "$server" eth0 server.pcap
sleep 3
for to in 192.0.2.53 2001:db8::53; do
    for type in A AAAA HTTPS MX TXT SOA; do ask_from "$client" "@$to" www.example.com "$type"; done
    ask_from "$client" "@$to" example.com MX +dnssec +cd
    ask_from "$client" "@$to" alias.EXAMPLE.com A
    ask_from "$client" "@$to" nothing.example.com A
    ask_from "$client" "@$to" other.example.org A
    ask_from "$client" "@$to" big.example.com TXT +noedns          # truncated, then over TCP
    ask_from "$client" "@$to" big.example.com TXT +bufsize=1232 +ignore
    ask_from "$client" "@$to" www.example.com A +tcp
    ask_from "$client" "@$to" www.example.com A +opcode=notify
    ask_from "$client" "@$to" -x 192.0.2.80
    ask_from "$client" "@$to" www.example.com TYPE65399 +noedns +norecurse
done
ask_from "$client" @192.0.2.99 www.example.com A                   # nobody there: only its neighbours hear of it
finish_captures

# Both ends on loopback.
capture "$server" lo loopback.pcap
sleep 3
for type in A AAAA PTR; do ask_from "$server" @127.0.0.1 www.example.com "$type"; done
ask_from "$server" @127.0.0.1 nothing.example.com A
finish_captures

# A resolver: it serves one side and asks the other.
capture "$client" eth0 resolver.pcap
sleep 3
for i in 1 2; do
    for type in A AAAA HTTPS; do ask_from "$server" @192.0.2.1 www.example.com "$type"; done
    ask_from "$server" @2001:db8::1 nothing.example.com A
    ask_from "$server" @192.0.2.1 -x 192.0.2.80
    ask_from "$server" @192.0.2.1 big.example.com TXT
done
finish_captures
for name in client loopback; do cat "$work/$name.pcap" >"$folder/$name.pcap"; done
# From a pcap, so that the pcapng says nothing of the machine it was made on.
for name in server resolver; do editcap -F pcapng "$work/$name.pcap" "$folder/$name.pcapng"; done
ls -l "$folder"
