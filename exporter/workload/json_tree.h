// JSON text to a tree of bounded size, and reading from it without exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

using Json = nlohmann::json;

// Keeps the members whose key is in `known`, at any depth. Fails on text that is no JSON object, and on more
// than 200,000 kept values or a depth beyond 16.
Result<Json> parse_json(std::string_view text, bool (*known)(std::string_view key));

// Reads members of one object, and remembers the first that had the wrong type.
class JsonObject {
  public:
    // `path` is how messages call the object, "metadata"; `problem` outlives this.
    JsonObject(const Json& value, std::string path, std::string& problem);

    // Absent and null members are "", false, 0, an empty object and an empty array.
    [[nodiscard]] std::string text(const char* key) const;
    [[nodiscard]] bool flag(const char* key) const;
    [[nodiscard]] int64_t number(const char* key) const;
    [[nodiscard]] JsonObject object(const char* key) const;
    [[nodiscard]] const Json& array(const char* key) const;

    [[nodiscard]] const std::string& path() const { return path_; }
    // Notes that `key` is not what it should be.
    void refuse(const char* key, const char* what) const;

  private:
    [[nodiscard]] const Json* member(const char* key) const;

    const Json* value_;
    std::string path_;
    std::string* problem_;
};

}  // namespace dnsexp
