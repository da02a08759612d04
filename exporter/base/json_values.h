// Values as all JSON that the exporter writes has them. Header only: the rooms that use it link the library.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace dnsexp {

// Keys stay in the order in which people want to read them.
using Json = nlohmann::ordered_json;

inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

// The rows' texts are printable already; a mistake there must still not make JSON that nobody can read.
inline std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The same in ASCII, for readers that may take it for something else: logs, terminals.
inline std::string ascii_dump(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace dnsexp
