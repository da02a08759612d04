// An alert in one sentence, for people.
#pragma once

#include <string>

#include "exporter/alerts/alert.h"

namespace dnsexp {

// "TUNNELING (high, score 92) of example.com by 10.0.0.1", without what is not known.
std::string alert_summary(const Alert& alert);

}  // namespace dnsexp
