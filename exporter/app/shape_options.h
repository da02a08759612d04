// The configuration -> what is exported.
#pragma once

#include "exporter/config/config.h"
#include "exporter/metrics/export_shape.h"

namespace dnsexp {

// Hashes of domains and clients are made with query_log.hash_key, or with a key of their own.
ShapeOptions shape_options(const Config& config);

[[nodiscard]] bool have_same_shape(const Config& a, const Config& b);

}  // namespace dnsexp
