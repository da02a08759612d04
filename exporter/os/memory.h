// How the process's memory is kept small (mallopt(3)).
#pragma once

namespace dnsexp {

// One pool for all threads, and large pieces given back to the system as soon as they are free: an
// exposition is a few hundred kilobytes, and any of the HTTP server's threads makes one. Call it before
// threads start.
void bound_memory_pools();

// Gives back what is free within the pool, which the many small pieces of an exposition leave behind; some
// hundred microseconds. Thread-safe.
void give_back_memory();

}  // namespace dnsexp
