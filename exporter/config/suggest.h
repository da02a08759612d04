// "Did you mean": the nearest of the known names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dnsexp {

// Least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, by
// octets.
size_t edit_distance(std::string_view a, std::string_view b);

// The known name that is nearest to `wrong`, or "" where none is near: more than 2 edits and more than a
// third of it. Case costs nothing. A `wrong` of more than 64 octets has no neighbour.
std::string nearest(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace dnsexp
