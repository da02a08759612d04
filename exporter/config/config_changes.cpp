#include "exporter/config/config_changes.h"

#include "exporter/config/config_keys.h"

namespace dnsexp {

ConfigChanges merge_running(const Config& running, Config& next) {
    ConfigChanges changes;
    for (const ConfigKey& key : config_keys()) {
        if (key.rule.is_same(running, next)) continue;
        const std::string name = key.section + "." + key.name;
        if (key.rule.applies == Applies::on_reload) {
            changes.applied.push_back(name);
        } else {
            changes.waiting.push_back(name);
            key.rule.copy(running, next);
        }
    }
    return changes;
}

}  // namespace dnsexp
