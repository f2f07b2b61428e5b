// The pure parts of platform/http.
#include "platform/core/error.hpp"
#include "platform/core/text.hpp"
#include "platform/http/digest.hpp"
#include "platform/http/head.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/target.hpp"
#include "platform/http/trace.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;

BOOST_AUTO_TEST_SUITE(http_values)

BOOST_AUTO_TEST_CASE(a_problem_has_all_members_of_the_contract) {
    const http::Problem problem{.status = 409,
                                .code = "sold_out",
                                .detail = "There is \"none\" left.",
                                .errors = {{"/lines/0", "none left"}, {"", "unknown", "limit"}},
                                .retryAfter = std::chrono::seconds{3}};
    const auto response = http::toResponse(problem, "/api/v1/orders", "4bf92f3577b34da6a3ce929d0e0e4736");
    BOOST_TEST(response.status == 409);
    BOOST_TEST(response.contentType == "application/problem+json");
    BOOST_TEST(*response.headers.get("retry-after") == "3");
    BOOST_TEST(
        response.body ==
        R"({"type":"urn:outboxd:problem:sold_out","title":"Sold out","status":409,)"
        R"("detail":"There is \"none\" left.","instance":"/api/v1/orders","code":"sold_out",)"
        R"("message":"There is \"none\" left.","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",)"
        R"("errors":[{"pointer":"/lines/0","detail":"none left"},{"parameter":"limit","detail":"unknown"}]})");
}

BOOST_AUTO_TEST_CASE(the_digest_is_sha256_and_knows_where_parts_end) {
    const auto hash = http::sha256({"POST", "/a", "{}"});
    BOOST_TEST(hash.size() == 32u);
    BOOST_TEST(hash == http::sha256({"POST", "/a", "{}"}));
    BOOST_TEST(hash != http::sha256({"POST", "/a{", "}"}));
    BOOST_TEST(hash != http::sha256({"POST/a{}"}));
}

BOOST_AUTO_TEST_CASE(field_names_compare_without_case_and_values_with) {
    http::Headers headers;
    headers.add("Content-Type", "A");
    headers.add("content-type", "B");
    BOOST_TEST(*headers.get("CONTENT-TYPE") == "A");
    BOOST_TEST(headers.count("content-Type") == 2u);
    BOOST_TEST(!headers.get("Content").has_value());
}

BOOST_AUTO_TEST_CASE(values_are_trimmed_but_not_changed_inside) {
    const auto parsed = http::parseField("X-A:\t b \"c\",  d \t");
    const auto& [name, value] = std::get<http::Headers::Field>(parsed);
    BOOST_TEST(name == "X-A");
    BOOST_TEST(value == "b \"c\",  d");
}

BOOST_AUTO_TEST_CASE(a_head_is_found_wherever_it_was_cut) {
    const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        std::size_t scanned = 0;
        BOOST_TEST((http::scanHead(head.substr(0, cut), scanned).state == http::ScanState::incomplete));
        const auto scan = http::scanHead(head + "more", scanned);
        BOOST_TEST((scan.state == http::ScanState::complete));
        BOOST_TEST(scan.end == head.size());
    }
}

BOOST_AUTO_TEST_CASE(only_well_formed_utf8_passes) {
    for (const char* good :
         {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
        BOOST_TEST(core::isUtf8(good));
    for (const char* bad :
         {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
        BOOST_TEST(!core::isUtf8(bad));
}

BOOST_AUTO_TEST_CASE(trace_context_follows_the_recommendation) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    BOOST_TEST(http::isTraceparent(good));
    BOOST_TEST(http::isTraceparent(http::newTraceparent()));
    BOOST_TEST(http::newTraceparent() != http::newTraceparent());
    BOOST_TEST(http::isTraceparent("01" + good.substr(2) + "-more"));
    for (const std::string& bad :
         {good + "-more", "ff" + good.substr(2), "01" + good.substr(2) + "more", good.substr(1),
          std::string{"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"},
          "00-" + std::string(32, '0') + good.substr(35), good.substr(0, 36) + std::string(16, '0') + "-01",
          std::string{}})
        BOOST_TEST(!http::isTraceparent(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()
