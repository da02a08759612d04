// Pods from what the Kubernetes API and the kubelet write: v1 Pod, PodList, WatchEvent and Status.
//
// The text is hostile: only the members that are used are kept, at bounded depth and number, and a string
// comes into a Pod only in the form that Kubernetes gives it. Fields that the API makes optional may be
// absent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/workload/pods.h"

namespace dnsexp {

struct PodList {
    std::vector<Pod> pods;
    std::string resource_version;  // empty: from a kubelet
    std::string next_page;         // the token of `continue`; empty: this was the last page
    uint64_t refused = 0;          // pods left out, because a field has no form of Kubernetes'
    std::string first_refusal;     // why the first of them was
};

enum class WatchType { added, modified, deleted, bookmark, error };

struct WatchEvent {
    WatchType type = WatchType::error;
    std::optional<Pod> pod;                           // of the first three; none where it was refused
    std::string refusal;                              // why it was
    std::string resource_version;                     // of all but error: where to go on from
    int code = 0;                                     // of an error: its HTTP status code
    std::string message;                              // of an error, at most 200 octets
    std::optional<std::chrono::seconds> retry_after;  // of an error
};

// One Pod. Fails where the text is none, or is refused; the detail says which field.
Result<Pod> pod_from_json(std::string_view text);

// Fails only where the text as a whole is no PodList.
Result<PodList> pod_list_from_json(std::string_view text);

// One line of a watch. Fails where it is no WatchEvent.
Result<WatchEvent> watch_event_from_json(std::string_view line);

// The message of a Status that explains a failed request, at most 200 octets; empty where the body is none.
// It may hold any character.
std::string status_message(std::string_view body);

}  // namespace dnsexp
