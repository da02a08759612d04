// The result for people (a table) and for programs (JSON).
#pragma once

#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "test/bench/measure.h"

namespace dnsexp::bench {

// To stdout.
void print_table(const std::vector<Row>& rows, const MeasureOptions& options);

Status write_json(const std::string& path, const std::vector<Row>& rows, const MeasureOptions& options,
                  int cpu);

}  // namespace dnsexp::bench
