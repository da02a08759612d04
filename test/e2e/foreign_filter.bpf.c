/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A TC filter of somebody else: drops frames of one length and leaves the rest to those behind it. The test sees from
 * the drops that it still runs. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SECTION(name) __attribute__((section(name), used))

SECTION("classifier") int foreign(struct __sk_buff *skb)
{
	return skb->len == FOREIGN_LENGTH ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SECTION("license") const char _license[] = "Dual BSD/GPL";
