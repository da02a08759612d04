/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The ring that all objects' records go through. */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

/* Events. Full: the record is not sent; counted by key and in the stats, of calls in call_stats. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps") __weak;

#endif
