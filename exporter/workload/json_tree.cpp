#include "exporter/workload/json_tree.h"

#include <cstdint>
#include <exception>
#include <optional>

namespace dnsexp {
namespace {

// A node runs some 100 pods, 500 at most, of which about 100 values each are kept.
constexpr uint32_t kMaxValues = 200'000;
constexpr int kMaxDepth = 16;  // a container's last state lies 8 deep in a list

// Decides, as the parser comes by, what becomes part of the tree. Depth is the number of open objects and
// arrays.
class Filter {
  public:
    explicit Filter(bool (*known)(std::string_view)) : known_(known) {}

    bool keeps(int depth, Json::parse_event_t event, const Json& parsed) {
        const bool key = event == Json::parse_event_t::key;
        // The member that was left out ended: its object goes on with another key, or has ended too.
        if (dropped_at_ && (depth < *dropped_at_ || (key && depth == *dropped_at_))) dropped_at_.reset();
        if (dropped_at_) return false;
        if (key && !known_(parsed.get_ref<const std::string&>())) {
            dropped_at_ = depth;
            return false;
        }
        if (depth > kMaxDepth || ++values_ > kMaxValues) too_much = true;
        return !too_much;
    }

    bool too_much = false;

  private:
    bool (*known_)(std::string_view);
    std::optional<int> dropped_at_;
    uint32_t values_ = 0;
};

const Json& none(Json::value_t type) {
    static const Json object = Json::object();
    static const Json array = Json::array();
    return type == Json::value_t::object ? object : array;
}

}  // namespace

Result<Json> parse_json(std::string_view text, bool (*known)(std::string_view key)) {
    const auto failed = [](const char* why) { return Error{"read JSON", "", 0, why, ""}; };
    try {
        Filter filter(known);
        const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
            return filter.keeps(depth, event, parsed);
        };
        Json tree = Json::parse(text, keep, false);
        if (filter.too_much) return failed("too many values, or too deep");
        if (!tree.is_object()) return failed("it is no JSON object");
        return tree;
    } catch (const std::exception& error) {
        return failed(error.what());
    }
}

JsonObject::JsonObject(const Json& value, std::string path, std::string& problem)
    : value_(&value), path_(std::move(path)), problem_(&problem) {
    if (value.is_object()) return;
    if (problem.empty()) problem = path_ + " is no object";
    value_ = &none(Json::value_t::object);
}

void JsonObject::refuse(const char* key, const char* what) const {
    if (problem_->empty()) *problem_ = (path_.empty() ? "" : path_ + ".") + key + " " + what;
}

const Json* JsonObject::member(const char* key) const {
    const auto found = value_->find(key);
    // A member whose value the filter left out is "discarded".
    return found == value_->end() || found->is_null() || found->is_discarded() ? nullptr : &*found;
}

std::string JsonObject::text(const char* key) const {
    const Json* found = member(key);
    if (found == nullptr) return "";
    if (const auto* text = found->get_ptr<const std::string*>()) return *text;
    refuse(key, "is no string");
    return "";
}

bool JsonObject::flag(const char* key) const {
    const Json* found = member(key);
    if (found == nullptr) return false;
    if (const auto* flag = found->get_ptr<const bool*>()) return *flag;
    refuse(key, "is no boolean");
    return false;
}

int64_t JsonObject::number(const char* key) const {
    const Json* found = member(key);
    if (found == nullptr) return 0;
    if (found->is_number_integer()) return found->get<int64_t>();
    refuse(key, "is no integer");
    return 0;
}

JsonObject JsonObject::object(const char* key) const {
    const Json* found = member(key);
    const std::string path = path_.empty() ? key : path_ + "." + key;
    return {found == nullptr ? none(Json::value_t::object) : *found, path, *problem_};
}

const Json& JsonObject::array(const char* key) const {
    const Json* found = member(key);
    if (found != nullptr && found->is_array()) return *found;
    if (found != nullptr) refuse(key, "is no array");
    return none(Json::value_t::array);
}

}  // namespace dnsexp
