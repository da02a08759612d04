#include "exporter/chains/assembler.h"

#include <arpa/inet.h>

#include <algorithm>

#include "exporter/chains/response_names.h"
#include "exporter/chains/steps.h"
#include "exporter/fold/event_question.h"
#include "exporter/fold/wire_name.h"
#include "exporter/fold/workload_text.h"

namespace dnsexp {
namespace {

std::string waiting_key(const ChainNode& query) {
    std::string key(reinterpret_cast<const char*>(&query.id), sizeof query.id);
    return key.append(query.name);
}

bool same(const dns_address& a, const dns_address& b) {
    return a.high == b.high && a.low == b.low;
}

// How surely the resolver got this very query; 0: it did not. Address translation may have changed one end of
// it, hardly both.
int likeness(const ChainNode& query, const ChainNode& resolver) {
    if (query.type != resolver.type || query.begin_ns > resolver.begin_ns) return 0;
    const bool same_client = query.client_port == resolver.client_port;
    const bool same_server = same(query.server, resolver.server) && query.server_port == resolver.server_port;
    return 2 * same_client + same_server;
}

// False: it waits for as many already.
bool add_child(ChainNode& step, const ChainNodePtr& child, size_t most) {
    auto& children = step.children;
    if (children.size() >= most) return false;
    const auto place =
        std::upper_bound(children.begin(), children.end(), child,
                         [](const auto& a, const auto& b) { return a->begin_ns < b->begin_ns; });
    children.insert(place, child);
    child->is_waited_for = true;
    return true;
}

// Whether a step waits for the other, by whatever way; true also where that can't be told with moderate
// effort.
bool may_wait_for(const ChainNode& step, const ChainNode& other) {
    constexpr size_t effort = 256;  // steps
    const auto steps = chain_steps(step, effort);
    return steps.size() == effort ||
           std::any_of(steps.begin(), steps.end(), [&](const PlacedStep& one) { return one.node == &other; });
}

std::span<const uint8_t> message_of(const dns_event& event) {
    return {event.message, std::min<size_t>(event.message_length, sizeof event.message)};
}

// Name and type in lower case; false where there is no question.
bool read_question(const dns_event& event, ChainNode& node) {
    const auto question = event_question(event);
    const auto labels = split_labels(question);
    if (!labels) return false;
    size_t length = 1;
    for (size_t i = 0; i < labels->count; ++i) length += size_t{1} + labels->label(i).size();
    if (question.size() < length + 2) return false;
    node.name.reserve(length);
    for (size_t i = 0; i < length; ++i) node.name += static_cast<char>(ascii_lower(question[i]));
    node.type = static_cast<uint16_t>(question[length] << 8 | question[length + 1]);
    node.id = static_cast<uint16_t>(event.message[0] << 8 | event.message[1]);
    return true;
}

// Whether getaddrinfo() only had to read it: nothing is resolved then.
bool is_address(const std::string& name) {
    in6_addr ipv6{};
    in_addr ipv4{};
    const std::string without_scope = name.substr(0, name.find('%'));
    return inet_aton(name.c_str(), &ipv4) != 0 || inet_pton(AF_INET6, without_scope.c_str(), &ipv6) == 1;
}

// When a call begins, its name may not be readable yet.
void name_call(const dns_event& event, ChainNode& call) {
    const auto name = message_of(event);
    if (!name.empty()) call.name.assign(name.begin(), name.end());
}

void read_answer(const dns_event& event, ChainNode& node) {
    node.end_ns = event.query_time_ns + event.latency_ns;
    node.outcome = event.outcome;
    node.found = event.found;
    ResponseNames names = response_names(message_of(event));
    node.aliases = std::move(names.aliases);
    if (event.found & DNS_FOUND_REFERRAL) node.name_servers = std::move(names.name_servers);
}

}  // namespace

Assembler::Assembler(uint64_t timeout_ns, KeyOf key_of, ChainSinks sinks)
    : timeout_ns_(timeout_ns), key_of_(std::move(key_of)), sinks_(std::move(sinks)) {}

void Assembler::add(const dns_event& event) {
    if (event.lane == DNS_EVENT_CALL) return add_call(event);
    if (event.lane != DNS_EVENT_SOCKET) return;
    if (event.role == DNS_ROLE_SERVER) return add_resolver(event);
    if (event.kind == DNS_QUERY)
        add_query(event);
    else
        add_answer(event);
}

ChainNodePtr Assembler::node_of(const dns_event& event) const {
    auto node = std::make_shared<ChainNode>();
    node->begin_ns = event.query_time_ns;
    if (event.asker.known) {
        node->pid = event.asker.pid;
        node->tid = event.asker.tid;
        node->uid = event.asker.uid;
    }
    if (event.lane == DNS_EVENT_CALL) {
        dns_workload_key key{};
        std::copy(std::begin(event.caller.comm), std::end(event.caller.comm), std::begin(key.comm));
        node->comm = comm_text(key);
        node->cgroup = event.caller.cgroup;
        return node;
    }
    if (event.asker.workload >= DNS_WORKLOAD_OTHERS) {
        const dns_workload_key key = key_of_(event.asker.workload);
        node->comm = comm_text(key);
        node->cgroup = key.cgroup;
    }
    node->group = event.group;
    node->found = event.found;
    node->client = event.client;
    node->server = event.server;
    node->client_port = event.client_port;
    node->server_port = event.server_port;
    return node;
}

void Assembler::add_call(const dns_event& event) {
    const auto known = calls_.find(event.asker.tid);
    if (event.kind == DNS_QUERY) {
        if (known != calls_.end())  // it ended in some way that nobody told of
            give_up_call(known);
        else if (calls_.size() == most_open)
            give_up_call(std::min_element(calls_.begin(), calls_.end(), [](const auto& a, const auto& b) {
                return a.second->begin_ns < b.second->begin_ns;
            }));
        ChainNodePtr call = node_of(event);
        call->step = Step::call;
        name_call(event, *call);
        calls_[event.asker.tid] = std::move(call);
        return;
    }
    if (known == calls_.end() || known->second->begin_ns != event.query_time_ns) return;
    const ChainNodePtr call = std::move(known->second);
    calls_.erase(known);
    placed_ -= call->children.size();
    call->end_ns = event.query_time_ns + event.latency_ns;
    call->outcome = event.outcome;
    name_call(event, *call);
    if (!call->children.empty() || !is_address(call->name)) sinks_.finished(call);
}

// Its queries are chains of their own.
Assembler::Calls::iterator Assembler::give_up_call(Calls::iterator which) {
    const ChainNodePtr call = std::move(which->second);
    placed_ -= call->children.size();
    for (const ChainNodePtr& query : call->children) {
        query->is_waited_for = false;
        if (find_waiting(*query) == waiting_.end()) sinks_.finished(query);
    }
    return calls_.erase(which);
}

// A query that was sent is under way from now on.
ChainNodePtr Assembler::open(const dns_event& event) {
    ChainNodePtr query = node_of(event);
    if (!read_question(event, *query)) return nullptr;
    query->step = event.found & DNS_FOUND_RESOLVER ? Step::upstream : Step::query;
    if (query->step == Step::upstream) upstreams_.add(query);
    return query;
}

void Assembler::add_query(const dns_event& event) {
    const ChainNodePtr query = open(event);
    if (!query) return;
    if (queue_.size() == most_open) std::erase_if(queue_, [](const auto& one) { return one->end_ns != 0; });
    if (queue_.size() == most_open) {
        give_up(queue_.front());
        queue_.pop_front();
    }
    waiting_.emplace(waiting_key(*query), query);
    queue_.push_back(query);
    if (query->step == Step::query) place(query);
}

// Under the call that its thread waits for.
void Assembler::place(const ChainNodePtr& query) {
    const auto call = calls_.find(query->tid);
    if (query->tid == 0 || call == calls_.end() || placed_ == most_placed) return;
    placed_ += add_child(*call->second, query, most_queries);
}

ChainNodePtr Assembler::close(const dns_event& event) {
    ChainNode wanted;
    if (!read_question(event, wanted)) return nullptr;
    const auto [first, last] = waiting_.equal_range(waiting_key(wanted));
    for (auto at = first; at != last; ++at) {
        if (at->second->begin_ns != event.query_time_ns) continue;
        ChainNodePtr query = std::move(at->second);
        waiting_.erase(at);
        return query;
    }
    return nullptr;
}

void Assembler::add_answer(const dns_event& event) {
    ChainNodePtr query = close(event);
    if (!query) {  // the record of its sending is missing
        query = open(event);
        if (query && query->step == Step::query) place(query);
    }
    if (!query) return;
    read_answer(event, *query);
    if (query->step == Step::query && !query->is_waited_for) sinks_.finished(query);
}

// The query of this host that the resolver got; null where it came from elsewhere.
ChainNodePtr Assembler::asker_of(const ChainNode& resolver) {
    const auto [first, last] = waiting_.equal_range(waiting_key(resolver));
    const auto found = std::max_element(first, last, [&](const auto& a, const auto& b) {
        return likeness(*a.second, resolver) < likeness(*b.second, resolver);
    });
    return found == last || likeness(*found->second, resolver) == 0 ? nullptr : found->second;
}

void Assembler::add_resolver(const dns_event& event) {
    const ChainNodePtr resolver = node_of(event);
    if (event.kind != DNS_RESPONSE || !read_question(event, *resolver)) return;
    resolver->step = Step::resolver;
    read_answer(event, *resolver);
    const ChainNodePtr asker = asker_of(*resolver);
    if (!(event.found & DNS_FOUND_HIT)) resolver->children = upstreams_.waited_for(*resolver);
    // Resolvers that ask each other in a circle, or of which two look like one, would wait for themselves.
    if (asker && asker->step == Step::upstream)
        std::erase_if(resolver->children,
                      [&asker](const ChainNodePtr& child) { return may_wait_for(*child, *asker); });
    for (const ChainNodePtr& child : resolver->children) child->is_waited_for = true;
    sinks_.answered(*resolver);
    if (!asker || !add_child(*asker, resolver, most_resolvers)) sinks_.finished(resolver);
}

Assembler::Waiting::iterator Assembler::find_waiting(const ChainNode& query) {
    const auto [first, last] = waiting_.equal_range(waiting_key(query));
    const auto at = std::find_if(first, last, [&](const auto& one) { return one.second.get() == &query; });
    return at == last ? waiting_.end() : at;
}

// Nobody answers it any more.
void Assembler::give_up(const ChainNodePtr& query) {
    const auto at = find_waiting(*query);
    if (at == waiting_.end()) return;
    waiting_.erase(at);
    if (query->step == Step::query && !query->is_waited_for) sinks_.finished(query);
}

void Assembler::expire(uint64_t now_ns) {
    while (!queue_.empty() &&
           (queue_.front()->end_ns != 0 || queue_.front()->begin_ns + timeout_ns_ < now_ns)) {
        give_up(queue_.front());
        queue_.pop_front();
    }
    for (auto call = calls_.begin(); call != calls_.end();)
        call = call->second->begin_ns + call_timeout_ns < now_ns ? give_up_call(call) : std::next(call);
}

}  // namespace dnsexp
