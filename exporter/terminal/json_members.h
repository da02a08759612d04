// Members of the API's JSON, read tolerantly: what is missing or of another type is as if nothing were known,
// so that a newer or an older exporter can be watched. Every text is escaped. Pure, thread-safe.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/terminal/reading.h"
#include "exporter/terminal/text.h"

namespace dnsexp::json_members {

using Json = nlohmann::json;

// Answers of the API nest six levels. The library writes level by level on its stack: a million of them would
// end the process.
inline constexpr int levels_max = 64;

// A discarded value where the text is no JSON, or nested deeper than levels_max.
inline Json parse(std::string_view body) {
    bool is_too_deep = false;
    Json json = Json::parse(
        body,
        [&](int depth, Json::parse_event_t, Json&) {
            is_too_deep = is_too_deep || depth > levels_max;
            return !is_too_deep;
        },
        false);
    return is_too_deep ? Json(Json::value_t::discarded) : json;
}

// An Error where the text is no JSON object.
inline Result<Json> parse_object(std::string_view body) {
    Json json = parse(body);
    if (json.is_object()) return json;
    return Error{"read the exporter's answer", "", 0, "it is no JSON object: " + error_text(body),
                 "is it an exporter that answers there?"};
}

// Null where the object has no such member, or is none.
inline const Json& member(const Json& json, const char* name) {
    static const Json null;
    if (!json.is_object()) return null;
    const auto found = json.find(name);
    return found != json.end() ? *found : null;
}

inline std::string text(const Json& json, const char* name) {
    const Json& value = member(json, name);
    return value.is_string() ? escaped(value.get_ref<const std::string&>()) : "";
}

inline uint64_t count_of(const Json& value) {
    return value.is_number_unsigned() ? value.get<uint64_t>() : 0;
}

inline uint64_t count(const Json& json, const char* name) {
    return count_of(member(json, name));
}

inline std::optional<double> amount_of(const Json& value) {
    if (!value.is_number()) return {};
    const auto amount = value.get<double>();
    return std::isfinite(amount) && amount >= 0 ? std::optional(amount) : std::nullopt;
}

inline std::optional<double> amount(const Json& json, const char* name) {
    return amount_of(member(json, name));
}

// Elements of an array; nothing where it is none.
inline const Json& list(const Json& json, const char* name) {
    static const Json none = Json::array();
    const Json& value = member(json, name);
    return value.is_array() ? value : none;
}

}  // namespace dnsexp::json_members
