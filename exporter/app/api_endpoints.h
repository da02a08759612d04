// The paths of the API and what answers each: the server's, and those of a feed within the process.
#pragma once

#include <vector>

#include "exporter/app/pipeline.h"
#include "exporter/http/api.h"

namespace dnsexp {

// The pipeline must outlive them.
std::vector<ApiEndpoint> api_endpoints(Pipeline& pipeline);

}  // namespace dnsexp
