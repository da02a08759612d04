#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <thread>

#include "exporter/app/api_endpoints.h"
#include "exporter/app/feed.h"
#include "exporter/app/observation.h"
#include "exporter/base/log.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

// The thread is the last member, so that it ends before what it uses.
class OwnFeed final : public Feed {
  public:
    OwnFeed(std::unique_ptr<Observation> observation, UniqueFd wake)
        : observation_(std::move(observation)),
          endpoints_(api_endpoints(observation_->pipeline())),
          wake_(std::move(wake)),
          thread_([this] { run(); }) {}
    ~OwnFeed() override { eventfd_write(wake_.get(), 1); }
    OwnFeed(const OwnFeed&) = delete;
    OwnFeed& operator=(const OwnFeed&) = delete;

    Result<std::string> get(std::string_view path_and_query) override {
        const size_t end = std::min(path_and_query.find('?'), path_and_query.size());
        const std::string_view path = path_and_query.substr(0, end);
        const std::string_view query = path_and_query.substr(std::min(end + 1, path_and_query.size()));
        const auto found = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const ApiEndpoint& one) {
            return one.path == path && one.answer;
        });
        if (found == endpoints_.end()) return Error{"ask", escaped(path), ENOENT, "", ""};
        try {
            return found->answer(query);
        } catch (const std::exception& error) {
            return Error{"ask", escaped(path), 0, escaped(error.what()), ""};
        }
    }

    [[nodiscard]] std::string source() const override { return "programs of its own"; }

  private:
    void run() {
        try {
            if (auto status = observation_->run(wake_.get(), [] { return true; }); !status)
                log_error("can't watch any more", {{"err", status.error().message()}});
        } catch (const std::exception& error) {
            log_error("can't watch any more", {{"err", error.what()}});
        }
    }

    std::unique_ptr<Observation> observation_;
    std::vector<ApiEndpoint> endpoints_;
    UniqueFd wake_;
    std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<Feed>> make_own_feed(const Config& config, const Flags& flags) {
    // Who looks delivers no alerts to others, fetches no lists, and writes no log of queries.
    Config own = config;
    own.alerting.destinations.clear();
    own.security.blocklists.clear();
    own.query_log.path.clear();
    auto observation = Observation::make(own);
    if (!observation) return observation.error();
    if (auto status = observation.value()->attach(); !status) return status.error();
    if (auto status = observation.value()->confine(flags); !status) return status.error();
    UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return Error{"make eventfd", "", errno, "", ""};
    return std::unique_ptr<Feed>(std::make_unique<OwnFeed>(std::move(observation).value(), std::move(wake)));
}

}  // namespace dnsexp
