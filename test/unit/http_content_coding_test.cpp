#include <zlib.h>

#include <catch2/catch.hpp>

#include "exporter/http/content_coding.h"

using namespace dnsexp;

namespace {

std::string gunzip(const std::string& packed, size_t size) {
    std::string out(size + 1, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.avail_in == 0);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

}  // namespace

TEST_CASE("gzip is used where Accept-Encoding allows it and prefers nothing else") {
    for (const char* value :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip, br", "gzip;q=0.5", "gzip ; q=0.001", "gzip;Q=1",
          "gzip;q=1.000", "*", "*;q=0.1", "br;q=1.0, gzip;q=0.8, *;q=0.1", "identity;q=0.5, gzip",
          "identity, gzip", ", ,gzip", "deflate\t,\tgzip", "*;q=0, gzip", "identity;q=0, *;q=0.5"}) {
        INFO(value);
        CHECK(accepts_gzip(value));
    }
}

TEST_CASE("gzip is not used where Accept-Encoding does not name it, forbids it or prefers identity") {
    for (const char* value :
         {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *",
          "*, gzip;q=0", "identity;q=1, gzip;q=0.5", "gzipped", "xgzip", "gzip2;q=1"}) {
        INFO(value);
        CHECK_FALSE(accepts_gzip(value));
    }
}

TEST_CASE("An element of Accept-Encoding whose weight is malformed is ignored") {
    for (const char* value :
         {"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=-1", "gzip;q=.5", "gzip;q",
          "gzip;level=9", "gzip;q=0,5", "gzip;q=0x1", "gzip;q=1;q=0"}) {
        INFO(value);
        CHECK_FALSE(accepts_gzip(value));
    }
}

TEST_CASE("What is gzipped comes back unchanged") {
    std::string repetitive;
    for (int i = 0; i < 20000; ++i) repetitive += "dns_queries_total{query_type=\"A\",rcode=\"NOERROR\"} 1\n";
    for (const std::string& text : {std::string(), std::string("x"), repetitive}) {
        const auto packed = gzip(text);
        REQUIRE(packed);
        CHECK(packed.value().substr(0, 3) == std::string("\x1f\x8b\x08"));  // RFC 1952, 2.3.1
        CHECK(gunzip(packed.value(), text.size()) == text);
    }
    CHECK(gzip(repetitive).value().size() < repetitive.size() / 10);
}
