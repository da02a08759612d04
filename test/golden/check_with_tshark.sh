#!/usr/bin/env bash
# Compares the expected expositions with what tshark counts in the captures: messages, sizes, opcodes, flags, RCODEs
# and query types. Run by hand after the expected files were written anew; needs tshark.
# usage: test/golden/check_with_tshark.sh
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# One line a number, "NAME VALUE", from tshark. IP fragments are not put together: the exporter doesn't either.
from_tshark() {
    tshark -n -r "$1" -o ip.defragment:FALSE -o ipv6.defragment:FALSE -Y "dns && (udp.port == 53 || tcp.port == 53)" \
        -T fields -E separator='|' -E occurrence=f -e dns.flags.response -e dns.flags.opcode -e dns.flags.rcode \
        -e dns.qry.type -e ip.version -e udp.length -e dns.length -e dns.flags.authoritative -e dns.flags.truncated \
        -e dns.flags.recdesired -e dns.flags.recavail -e dns.flags.authenticated -e dns.flags.checkdisable \
        -e dns.resp.z.do 2>/dev/null |
        awk -F'|' '
        function yes(v) { return v == "1" || v == "True" }
        {
            # tshark tells RA and AA of responses only, so the flags word would be needed for odd queries; none has them.
            kind = yes($1) ? "response" : "query"; protocol = $6 != "" ? "udp" : "tcp"; ip = $5 == 4 ? 4 : 6
            n["messages " kind " " protocol " " ip]++
            n["opcodes " $2 " " kind]++
            n["size " kind " " protocol] += $6 != "" ? $6 - 8 : $7
            if (yes($1)) n["responses " $3 " " protocol]++
            if (!yes($1) && $2 == 0) { n["queries"]++; n["type " ($4 == "" ? 0 : $4)]++ }
            split("aa tc rd ra ad cd", flags, " ")
            for (i = 1; i <= 6; i++) if (yes($(7 + i))) n["flags " flags[i] " " kind]++
            if (!yes($1) && yes($14)) n["flags do query"]++
        }
        END { for (k in n) print k, n[k] }' | sort
}

# The same numbers from an expected file. Types that have no name there are left out by the caller.
from_expected() {
    awk '
    function label(name,   at) { at = index($0, name "=\""); if (!at) return ""
        at = substr($0, at + length(name) + 2); return substr(at, 1, index(at, "\"") - 1) }
    BEGIN {
        split("NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI", r, " ")
        for (i in r) rcode[r[i]] = i - 1
        split("QUERY IQUERY STATUS - NOTIFY UPDATE DSO", o, " "); for (i in o) opcode[o[i]] = i - 1
        split("A 1 SOA 6 PTR 12 MX 15 TXT 16 AAAA 28 HTTPS 65 ANY 255", t, " "); for (i = 1; i in t; i += 2) type[t[i]] = t[i + 1]
    }
    /^#/ || $NF == 0 { next }
    { v = $NF; name = $1; sub(/\{.*/, "", name); kind = label("kind"); protocol = label("protocol") }
    name == "dns_messages_total" { n["messages " kind " " protocol " " label("ip_version")] += v }
    name == "dns_message_size_bytes_sum" { n["size " kind " " protocol] += v }
    name == "dns_opcodes_total" { c = label("opcode"); if (c in opcode) c = opcode[c]; sub("OPCODE", "", c); n["opcodes " c " " kind] += v }
    name == "dns_flags_total" { n["flags " label("flag") " " kind] += v }
    name == "dns_responses_total" { c = label("rcode"); if (c in rcode) c = rcode[c]; sub("RCODE", "", c); n["responses " c " " protocol] += v }
    name == "dns_query_retransmissions_total" { n["queries"] += v; again += v }
    name == "dns_queries_total" {
        n["queries"] += v; c = label("query_type"); if (c in type) c = type[c]; sub("TYPE", "", c); n["type " c] += v }
    END { for (k in n) print k, n[k]; if (again) print "retransmissions", again }' "$1" | sort
}

for capture in captures/*; do
    name=$(basename "$capture")
    expected=expected/${name%%.*}.prom
    if [ "$name" = malformed.pcap ]; then
        echo "$name: not compared (tshark calls malformed packets messages; README.md has its table)"
        continue
    fi
    from_tshark "$capture" >"$work/tshark"
    from_expected "$expected" >"$work/expected"
    # Retransmissions have no type, types beyond the dynamic slots have no name: then only the sum of types compares.
    if grep -qE '^(retransmissions|type other) ' "$work/expected"; then
        sed -i -E '/^(retransmissions|type) /d' "$work/expected" "$work/tshark"
    fi
    if diff "$work/tshark" "$work/expected" >"$work/diff"; then
        echo "$name: $(wc -l <"$work/tshark") numbers agree"
    else
        echo "$name: < tshark, > expected"
        cat "$work/diff"
        failed=1
    fi
done
exit $failed
