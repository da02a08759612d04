// The report of `check` as people and programs read it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "exporter/app/check_report.h"

namespace dnsexp {

// The narrowest table: on a terminal with fewer columns its lines wrap.
inline constexpr size_t kCheckWidthMin = 60;

// A heading for each purpose, the rows below it, and what works in the last line. `width`: columns of a
// terminal; 0: there is none, so each row is one line however long. Printable ASCII.
std::vector<std::string> check_table(const CheckReport& report, size_t width);

// {version, kernel, rows: [{name, for, result, detail, remedy}], can: {counting, workloads, workload_backend,
// calls}} without line breaks.
std::string check_json(const CheckReport& report);

}  // namespace dnsexp
