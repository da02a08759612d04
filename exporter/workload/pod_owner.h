// From a pod's controller to the workload that a user made.
#pragma once

#include <string>
#include <string_view>

namespace dnsexp {

struct PodOwner {
    std::string kind;  // empty: the pod has no controller
    std::string name;
};

// `api_version`, `kind` and `name` are those of the owner reference with controller=true; `template_hash` is
// the pod's label pod-template-hash, or empty. A ReplicaSet "<name>-<template_hash>" is its Deployment's; a
// Job
// "<name>-<time>", where the time is one that the CronJob controller writes, its CronJob's; a Node (of the
// mirror of a static pod) is no workload. Everything else is taken as it is.
PodOwner workload_of(std::string_view api_version, std::string_view kind, std::string_view name,
                     std::string_view template_hash);

}  // namespace dnsexp
