// The list of the golden captures, captures.txt.
#pragma once

#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "test/support/exact_model.h"

namespace dnsexp::test {

struct GoldenCapture {
    std::string file;  // in captures/
    ModelOptions options;
};

// The captures of FOLDER/captures.txt; errors name the line.
Result<std::vector<GoldenCapture>> read_golden_list(const std::string& folder);

}  // namespace dnsexp::test
