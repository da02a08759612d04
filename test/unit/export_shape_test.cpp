#include "exporter/metrics/export_shape.h"

#include <catch2/catch.hpp>

using namespace dnsexp;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

using LabelTexts = std::vector<std::pair<std::string, std::string>>;

ClientMetric counter(const LabelTexts& labels, double value) {
    ClientMetric metric;
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    metric.counter.value = value;
    return metric;
}

MetricFamily domains(std::vector<ClientMetric> metrics) {
    return {"dns_domain_queries_total", "", MetricType::Counter, std::move(metrics)};
}

// The value of the series with exactly these label values, or -1.
double value_of(const MetricFamily& family, const std::vector<std::string>& texts) {
    for (const ClientMetric& metric : family.metric)
        if (std::equal(metric.label.begin(), metric.label.end(), texts.begin(), texts.end(),
                       [](const auto& label, const std::string& text) { return label.value == text; }))
            return family.type == MetricType::Gauge ? metric.gauge.value : metric.counter.value;
    return -1;
}

MetricFamily only(ExportShape& shape, MetricFamily family) {
    return shape.apply({std::move(family)}).at(0);
}

}  // namespace

TEST_CASE("Without options families pass as they are") {
    ExportShape shape({});
    const auto out =
        only(shape, domains({counter({{"domain", "b.com"}}, 2), counter({{"domain", "a.com"}}, 1)}));
    REQUIRE(out.metric.size() == 2);
    CHECK(out.metric[0].label[0].value == "b.com");  // their order too
    CHECK(out.metric[1].counter.value == 1);
}

TEST_CASE("A list of metrics leaves out all others") {
    ShapeOptions options;
    options.metrics = {"b_total"};
    ExportShape shape(options);
    const auto out =
        shape.apply({{"a_total", "", MetricType::Counter, {}}, {"b_total", "", MetricType::Counter, {}}});
    REQUIRE(out.size() == 1);
    CHECK(out[0].name == "b_total");
}

TEST_CASE("Series that a disabled label kept apart are added up, in that metric alone") {
    ShapeOptions options;
    options.disabled_labels = {{"dns_domain_queries_total", {"rcode"}}};
    ExportShape shape(options);
    const std::vector<ClientMetric> series = {counter({{"domain", "a"}, {"rcode", "NOERROR"}}, 3),
                                              counter({{"domain", "a"}, {"rcode", "NXDOMAIN"}}, 4),
                                              counter({{"domain", "b"}, {"rcode", "NOERROR"}}, 5)};
    const auto out = only(shape, domains(series));
    CHECK(out.metric.size() == 2);
    CHECK(value_of(out, {"a"}) == 7);
    CHECK(value_of(out, {"b"}) == 5);
    CHECK(only(shape, {"dns_other_total", "", MetricType::Counter, series}).metric.size() == 3);
}

TEST_CASE("A sum keeps what a part had that ended or began anew, until its last part has ended") {
    ShapeOptions options;
    options.domain = mask_domain;
    ExportShape shape(options);
    const auto a = [](double value) { return counter({{"domain", "a.com"}}, value); };
    const auto b = [](double value) { return counter({{"domain", "b.com"}}, value); };
    CHECK(value_of(only(shape, domains({a(10), b(1)})), {"*.com"}) == 11);
    CHECK(value_of(only(shape, domains({b(2)})), {"*.com"}) == 12);        // a.com has ended
    CHECK(value_of(only(shape, domains({a(0), b(2)})), {"*.com"}) == 12);  // and is born again
    CHECK(value_of(only(shape, domains({a(5), b(3)})), {"*.com"}) == 18);
    CHECK(value_of(only(shape, domains({a(1), b(3)})), {"*.com"}) == 19);  // began anew between two scrapes
    CHECK(only(shape, domains({})).metric.empty());
    CHECK(value_of(only(shape, domains({a(4)})), {"*.com"}) == 4);  // nothing is left of before
}

TEST_CASE("A gauge's sum is that of now") {
    ShapeOptions options;
    options.disabled_labels = {{"g", {"role"}}};
    ExportShape shape(options);
    const auto gauge = [](const std::string& role, double value) {
        ClientMetric metric = counter({{"role", role}}, 0);
        metric.gauge.value = value;
        return metric;
    };
    const auto family = [](std::vector<ClientMetric> metrics) {
        return MetricFamily{"g", "", MetricType::Gauge, std::move(metrics)};
    };
    CHECK(value_of(only(shape, family({gauge("a", 5), gauge("b", 6)})), {}) == 11);
    CHECK(value_of(only(shape, family({gauge("b", 2)})), {}) == 2);
}

TEST_CASE("Histograms are added bucket by bucket, ended parts included") {
    ShapeOptions options;
    options.disabled_labels = {{"h", {"role"}}};
    ExportShape shape(options);
    const auto series = [](const std::string& role, std::vector<uint64_t> cumulative, double sum) {
        ClientMetric metric = counter({{"role", role}}, 0);
        metric.histogram.sample_sum = sum;
        metric.histogram.sample_count = cumulative.back();
        for (size_t i = 0; i < cumulative.size(); ++i)
            metric.histogram.bucket.push_back({cumulative[i], static_cast<double>(i)});
        return metric;
    };
    const auto out_of = [&](std::vector<ClientMetric> metrics) {
        return only(shape, {"h", "", MetricType::Histogram, std::move(metrics)}).metric.at(0).histogram;
    };
    auto out = out_of({series("a", {1, 4}, 0.5), series("b", {2, 3}, 1.5)});
    CHECK(out.bucket.at(0).cumulative_count == 3);
    CHECK(out.bucket.at(1).cumulative_count == 7);
    CHECK(out.sample_count == 7);
    CHECK(out.sample_sum == 2);
    out = out_of({series("b", {3, 5}, 2)});
    CHECK(out.bucket.at(0).cumulative_count == 4);
    CHECK(out.sample_count == 9);
    CHECK(out.sample_sum == 2.5);
    out = out_of({series("b", {1, 2, 3}, 2)});  // a reload gave it other edges
    CHECK(out.bucket.size() == 3);
    CHECK(out.sample_count == 3);
}

TEST_CASE("Servers go by the name of the most specific prefix, and those of one name are added up") {
    ShapeOptions options;
    options.server_names = {{"site", {"10.0.0.0/8", "2001:db8::/32"}}, {"cache", {"10.1.0.53"}}};
    ExportShape shape(options);
    const auto of = [](const std::string& server, double value) {
        return counter({{"server", server}}, value);
    };
    const auto out = only(shape, {"dns_responses_total",
                                  "",
                                  MetricType::Counter,
                                  {of("10.1.0.53", 1), of("10.9.9.9", 2), of("10.1.0.54", 4),
                                   of("2001:db8::53", 8), of("11.0.0.1", 16), of("other", 32)}});
    CHECK(value_of(out, {"cache"}) == 1);
    CHECK(value_of(out, {"site"}) == 14);
    CHECK(value_of(out, {"11.0.0.1"}) == 16);
    CHECK(value_of(out, {"other"}) == 32);
    CHECK(out.metric.size() == 4);
}

TEST_CASE("Only domains and clients that tell of somebody are rewritten") {
    ShapeOptions options;
    options.domain = options.client = [](std::string_view text) { return "<" + std::string(text) + ">"; };
    ExportShape shape(options);
    const auto out =
        only(shape, domains({counter({{"domain", "a.com"}}, 1), counter({{"domain", "other"}}, 2),
                             counter({{"domain", "in-addr.arpa"}}, 3), counter({{"domain", "."}}, 4)}));
    CHECK(value_of(out, {"<a.com>"}) == 1);
    CHECK(value_of(out, {"other"}) == 2);
    CHECK(value_of(out, {"in-addr.arpa"}) == 3);
    CHECK(value_of(out, {"."}) == 4);
    const auto clients =
        only(shape, {"dns_client_queries_total",
                     "",
                     MetricType::Counter,
                     {counter({{"client", "192.0.2.1"}}, 5), counter({{"client", "other"}}, 6)}});
    CHECK(value_of(clients, {"<192.0.2.1>"}) == 5);
    CHECK(value_of(clients, {"other"}) == 6);
}

TEST_CASE("A masked domain is its public suffix, and escaped dots are no dots") {
    CHECK(mask_domain("example.co.uk") == "*.co.uk");
    CHECK(mask_domain("a\\.b.com") == "*.com");
    CHECK(mask_domain("localhost") == "*");
    CHECK(mask_domain("ends\\") == "*");
    CHECK(mask_domain("ip6.arpa") == "ip6.arpa");
}

TEST_CASE("Prefixes of both families are read, and what is none is refused") {
    CHECK(parse_prefix("192.0.2.77/24") == parse_prefix("192.0.2.0/24"));
    CHECK(parse_prefix("192.0.2.0/24")->length == 120);
    CHECK(parse_prefix("192.0.2.1") == parse_prefix("::ffff:192.0.2.1"));
    CHECK(parse_prefix("::/0")->length == 0);
    CHECK(parse_prefix("2001:db8:ffff::/33") == parse_prefix("2001:db8:8000::/33"));
    for (const char* wrong : {"", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                              "10.0.0", "other", "10.0.0.0/ 8"})
        CHECK_FALSE(parse_prefix(wrong));
}
