// The keys of the sections `security` and `alerting`: a part of the table of config_keys.h.
#pragma once

#include <vector>

#include "exporter/config/config_keys.h"

namespace dnsexp {

std::vector<ConfigKey> security_keys();

}  // namespace dnsexp
