// A trained model as the bytes that DgaModel reads.
#pragma once

#include <cstdint>
#include <vector>

#include "train/dga/evaluation.h"

namespace dnsexp::training {

// `threshold` is a score before calibration.
std::vector<uint8_t> write_blob(const Trained& trained, const Calibration& calibration, double threshold);

}  // namespace dnsexp::training
