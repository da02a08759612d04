/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A DNS message (RFC 1035, 4.1): header and first question -> numbers, or the reason why not.
 *
 * It works on a copy of the message's first octets in a buffer of DNS_MESSAGE_PREFIX, not on the packet: the copy is
 * one helper call, handles packets that are not linear, and lets names be hashed eight octets at a time. */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include "ebpf/dns_abi.h"
#include "ebpf/dns_cursor.h"

enum {
	DNS_PREFIX_LOAD = DNS_HEADER_LENGTH + DNS_QUESTION_MAX, /* octets of a message that are looked at */
	DNS_FRAGMENT_HEAD = 8 + DNS_PREFIX_LOAD, /* fragments that begin further on hold nothing that is looked at */
	DNS_LABELS_MAX = 128,      /* 127 labels of one octet and the root fill 255 octets */
	DNS_OPCODE_QUERY = 0,
	DNS_OPCODE_IQUERY = 1,     /* obsolete: RFC 3425 */
	DNS_OPCODE_DSO = 6,        /* RFC 8490 */
	DNS_OPCODE_UNASSIGNED = 3, /* below DSO, this one alone has no meaning */
	DNS_RCODE_NOERROR = 0,
	DNS_FLAG_BIT_AA = 0x400,   /* of dns_message.flags (RFC 1035, 4.1.1) */
	DNS_FLAG_BIT_RA = 0x80,
	DNS_FLAG_Z = 0x40          /* must be zero */
};

struct dns_message {
	__u64 question; /* hash of lower-cased name, type and class; 0 without a question */
	__u32 id, flags, question_count, answer_count, authority_count, additional_count;
	__u32 type, class_, name_length; /* octets of the name, root included; 0 without a question */
	__u32 labels;                    /* without the root */
};

DNS_INLINE __u32 dns_kind(const struct dns_message *message) { return message->flags >> 15 & 1; }
DNS_INLINE __u32 dns_opcode(const struct dns_message *message) { return message->flags >> 11 & 15; }
DNS_INLINE __u32 dns_rcode(const struct dns_message *message) { return message->flags & 15; }

/* ASCII upper case to lower, eight octets at once. Length octets are below 64, so they are never letters. */
DNS_INLINE __u64 dns_fold_case(__u64 word)
{
	const __u64 ones = 0x0101010101010101ULL;
	const __u64 low7 = word & ones * 0x7f;
	const __u64 from_a = low7 + ones * (0x80 - 'A');       /* bit 7: low seven bits >= 'A' */
	const __u64 after_z = low7 + ones * (0x80 - 'Z' - 1);  /* bit 7: low seven bits > 'Z' */
	const __u64 upper = from_a & ~after_z & ~word & ones * 0x80;
	return word | upper >> 2;
}

/* One step of NH: two 32-bit sums multiplied to 64 bits. */
DNS_INLINE __u64 dns_nh(__u64 word, __u32 key_low, __u32 key_high)
{
	const __u32 low = (__u32)word + key_low, high = (__u32)(word >> 32) + key_high;
	return (__u64)low * high;
}

/* Hash of the question. `name` has DNS_NAME_WORDS words to read; octets after name_length are masked. */
DNS_INLINE __u64 dns_question_hash(const __u8 *name, __u32 name_length, __u32 type, __u32 class_,
				   const volatile struct dns_hash_keys *keys)
{
	__u64 hash = dns_nh((__u64)type << 32 | class_ << 16 | name_length, keys->question[0], keys->question[1]);
	__u32 i;
	for (i = 0; i < DNS_NAME_WORDS; i++) {
		__u64 word;
		__u32 rest;
		if (i * 8 >= name_length)
			break;
		word = DNS_LOAD64(name + i * 8);
		rest = name_length - i * 8;
		if (rest < 8)
			word &= (1ULL << rest * 8) - 1;
		hash += dns_nh(dns_fold_case(word), keys->name[2 * i], keys->name[2 * i + 1]);
	}
	return hash;
}

/* Walks the labels of the question's name (RFC 1035, 3.1). Fills name_length and labels, or says why not. */
DNS_INLINE __u32 dns_walk_name(const __u8 *buffer, __u32 available, struct dns_message *message)
{
	__u32 i, at = DNS_HEADER_LENGTH;
	for (i = 0; i < DNS_LABELS_MAX; i++) {
		__u32 length;
		DNS_OPAQUE(at);
		if (at >= DNS_HEADER_LENGTH + DNS_NAME_MAX) /* first: `available` may end here for no other reason */
			return DNS_NAME_TOO_LONG;
		if (at >= available)
			return DNS_TRUNCATED_QUESTION;
		length = buffer[at];
		if (length == 0) {
			message->name_length = at + 1 - DNS_HEADER_LENGTH;
			message->labels = i;
			return DNS_OK;
		}
		if (length >= 64)
			return length >= 192 ? DNS_COMPRESSED_QUESTION : DNS_BAD_LABEL;
		at += 1 + length;
	}
	return DNS_NAME_TOO_LONG;
}

DNS_INLINE __u32 dns_parse_question(const __u8 *buffer, __u32 available, const volatile struct dns_hash_keys *keys,
				    struct dns_message *message)
{
	__u32 name_length, reason = dns_walk_name(buffer, available, message);
	if (reason != DNS_OK)
		return reason;
	DNS_RELOAD();
	name_length = message->name_length;
	if (name_length > DNS_NAME_MAX)
		return DNS_NAME_TOO_LONG;
	if (DNS_HEADER_LENGTH + name_length + 4 > available)
		return DNS_TRUNCATED_QUESTION;
	DNS_OPAQUE(name_length);
	if (name_length > DNS_NAME_MAX)
		return DNS_NAME_TOO_LONG;
	message->type = dns_be16(buffer + DNS_HEADER_LENGTH + name_length);
	message->class_ = dns_be16(buffer + DNS_HEADER_LENGTH + name_length + 2);
	message->question = dns_question_hash(buffer + DNS_HEADER_LENGTH, name_length, message->type, message->class_, keys);
	return DNS_OK;
}

/* Reads a message. `buffer` has DNS_MESSAGE_PREFIX octets, of which the first `available` (at most DNS_PREFIX_LOAD) are
 * the message's; `length` is the length of the whole message. In a program, `message` lies in a map, not on the stack:
 * see DNS_RELOAD. */
DNS_INLINE __u32 dns_message_parse(const __u8 *buffer, __u32 available, __u32 length,
				   const volatile struct dns_hash_keys *keys, struct dns_message *message)
{
	if (length < DNS_HEADER_LENGTH)
		return DNS_SHORT_HEADER;
	if (available < DNS_HEADER_LENGTH)
		return DNS_TRUNCATED_PACKET;
	message->id = dns_be16(buffer);
	message->flags = dns_be16(buffer + 2);
	message->question_count = dns_be16(buffer + 4);
	message->answer_count = dns_be16(buffer + 6);
	message->authority_count = dns_be16(buffer + 8);
	message->additional_count = dns_be16(buffer + 10);
	message->question = 0;
	message->type = message->class_ = message->name_length = message->labels = 0;
	if (message->question_count == 0)
		return DNS_OK;
	return dns_parse_question(buffer, available, keys, message);
}

/* Whether TCP payload can really begin with the message that was parsed there. Where a stream's beginning was not seen, a
 * segment in the middle of a message may parse by chance, so what a DNS message never has is refused. `expected` is the
 * kind (enum dns_kind) that goes in this direction, or DNS_KINDS for either. */
DNS_INLINE __u32 dns_plausible_start(__u32 prefix, const struct dns_message *message, __u32 expected)
{
	const __u32 opcode = dns_opcode(message);
	if (expected != DNS_KINDS && dns_kind(message) != expected)
		return 0;
	if (prefix < DNS_HEADER_LENGTH + message->name_length)
		return 0;
	if (opcode > DNS_OPCODE_DSO || opcode == DNS_OPCODE_UNASSIGNED || message->flags & DNS_FLAG_Z)
		return 0;
	if (message->question_count)
		return message->question_count == 1;
	/* later messages of a transfer, stateful operations, and inverse queries, which ask by an answer (RFC 1035, 6.4.1) */
	return dns_kind(message) == DNS_RESPONSE || opcode == DNS_OPCODE_DSO ||
	       (opcode == DNS_OPCODE_IQUERY && message->answer_count == 1);
}

/* Whether a message of which `have` octets are there was not parsed, for this reason, because the rest is still to come. */
DNS_INLINE __u32 dns_is_short(__u32 reason, __u32 have, __u32 length)
{
	return (reason == DNS_TRUNCATED_QUESTION || reason == DNS_TRUNCATED_PACKET) && have < DNS_PREFIX_LOAD && have < length;
}

/* Octets of the header and the first question: where the records begin, if there is one question. */
DNS_INLINE __u32 dns_question_end(const struct dns_message *message)
{
	return DNS_HEADER_LENGTH + (message->name_length ? message->name_length + 4 : 0);
}

/* An address of a group: 224.0.0.0/4 (RFC 1112, 4) or ff00::/8 (RFC 4291, 2.7). */
DNS_INLINE __u32 dns_is_multicast(const struct dns_address *address)
{
	if (!address->high && (__u32)address->low == 0xffff0000)
		return (address->low >> 32 & 0xf0) == 0xe0;
	return (address->high & 0xff) == 0xff;
}

enum { DNS_PORT_MDNS = 5353, DNS_PORT_LLMNR = 5355 };

/* ---- hashes of transactions and addresses ---- */

/* Spreads the good high half of a sum of NH over the low one, and the product's over the set's number. */
DNS_INLINE __u64 dns_tag_of(__u64 hash)
{
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio (Knuth, TAOCP 3, 6.4) */
}

/* The key of a transaction but for its question: family is in the addresses. */
DNS_INLINE __u64 dns_transaction_tag(const struct dns_address *client, const struct dns_address *server, __u32 client_port,
				     __u32 server_port, __u32 id, __u32 role, __u32 transport,
				     const volatile struct dns_hash_keys *keys)
{
	const __u64 rest = (__u64)client_port << 48 | (__u64)server_port << 32 | (__u64)id << 16 | role << 8 | transport;
	return dns_tag_of(dns_nh(client->high, keys->tag[0], keys->tag[1]) +
			  dns_nh(client->low, keys->tag[2], keys->tag[3]) +
			  dns_nh(server->high, keys->tag[4], keys->tag[5]) +
			  dns_nh(server->low, keys->tag[6], keys->tag[7]) + dns_nh(rest, keys->tag[8], keys->tag[9]));
}

/* Processes of one name in one cgroup, which are taken for one resolver: its sockets may be one process's and its answers
 * another's, that was forked from it. Never 0. */
DNS_INLINE __u32 dns_group_of(__u64 cgroup, const __u8 *comm, const volatile struct dns_hash_keys *keys)
{
	const __u64 hash = dns_nh(cgroup, keys->tag[0], keys->tag[1]) + dns_nh(DNS_LOAD64(comm), keys->tag[2], keys->tag[3]) +
			   dns_nh(DNS_LOAD64(comm + 8), keys->tag[4], keys->tag[5]);
	return (__u32)(dns_tag_of(hash) >> 32) | 1;
}

/* NH of neighbours is an arithmetic progression, which in a table of linear probes is one long cluster where its step is
 * short: the product spreads it. */
DNS_INLINE __u32 dns_address_hash(const struct dns_address *address, const volatile struct dns_hash_keys *keys)
{
	const __u64 hash = dns_nh(address->high, keys->address[0], keys->address[1]) +
			   dns_nh(address->low, keys->address[2], keys->address[3]);
	return (__u32)(dns_tag_of(hash) >> 32);
}

#endif
