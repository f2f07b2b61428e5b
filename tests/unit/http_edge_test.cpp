// What the edge refuses, over real sockets: every way known to us of making two readers disagree about a
// request.
#include "tests/unit/http_fixture.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace outboxd;
namespace data = boost::unit_test::data;

namespace {

struct Case {
    const char* what;
    std::string bytes;
    int status;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.what; }

// After the refused request follows one that must never be served.
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(const std::string& fields, const std::string& body) {
    return "POST /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}
std::string get(const std::string& target, const std::string& fields = "Host: x\r\n") {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

const std::vector<Case> kRefused{
    {"Content-Length twice", post("Content-Length: 4\r\nContent-Length: 4\r\n", "abcd"), 400},
    {"two different Content-Lengths", post("Content-Length: 4\r\nContent-Length: 0\r\n", "abcd"), 400},
    {"a list in Content-Length", post("Content-Length: 4, 4\r\n", "abcd"), 400},
    {"a negative Content-Length", post("Content-Length: -4\r\n", "abcd"), 400},
    {"a signed Content-Length", post("Content-Length: +4\r\n", "abcd"), 400},
    {"a hexadecimal Content-Length", post("Content-Length: 0x4\r\n", "abcd"), 400},
    {"letters in Content-Length", post("Content-Length: 4a\r\n", "abcd"), 400},
    {"a space within Content-Length", post("Content-Length: 4 4\r\n", "abcd"), 400},
    {"an empty Content-Length", post("Content-Length:\r\n", "abcd"), 400},
    {"a Content-Length beyond 64 bits", post("Content-Length: 18446744073709551620\r\n", "abcd"), 413},
    {"Content-Length and Transfer-Encoding",
     post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"Transfer-Encoding and Content-Length",
     post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
    {"Transfer-Encoding twice",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 501},
    {"Transfer-Encoding gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
    {"Transfer-Encoding xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
    {"Transfer-Encoding identity", post("Transfer-Encoding: identity\r\n", "abcd"), 501},
    {"Transfer-Encoding with vertical tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
    {"chunked in HTTP/1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a space before the colon", post("Content-Length : 4\r\n", "abcd"), 400},
    {"a folded field", post("X-A: b\r\n Content-Length: 4\r\n", "abcd"), 400},
    {"a field without colon", post("Content-Length 4\r\n", "abcd"), 400},
    {"a field without name", post(": 4\r\n", ""), 400},
    {"a control character in a value",
     post("X-A: b\x01"
          "c\r\n",
          ""),
     400},
    {"a NUL in a value", post(std::string("X-A: b\0c\r\n", 10), ""), 400},
    {"a carriage return in a value", post("X-A: b\rContent-Length: 4\r\n", "abcd"), 400},
    {"a bare line feed", "POST /a HTTP/1.1\nHost: x\n\n", 400},
    {"a bare line feed within the fields", post("X-A: b\nContent-Length: 4\r\n", "abcd"), 400},
    {"no Host", get("/a", ""), 400},
    {"two Hosts", get("/a", "Host: x\r\nHost: y\r\n"), 400},
    {"a list of Hosts", get("/a", "Host: x, y\r\n"), 400},
    {"an empty Host", get("/a", "Host: \r\n"), 400},
    {"an absolute target of another host", get("http://y/a"), 400},
    {"an authority as target", get("x:80"), 400},
    {"a NUL in the path", get("/a%00b"), 400},
    {"a line feed in the path", get("/a%0ab"), 400},
    {"half a percent-encoding", get("/a%2"), 400},
    {"no hexadecimal digits after the percent sign", get("/a%zz"), 400},
    {"a hidden slash", get("/a%2fb"), 400},
    {"a path that is not UTF-8", get("/a%ff"), 400},
    {"an overlong slash", get("/a%c0%af"), 400},
    {"a raw byte beyond ASCII in the target", get("/a\xc3\xa4"), 400},
    {"half a percent-encoding in the query", get("/a?b=%1"), 400},
    {"a fragment", get("/a#b"), 400},
    {"a space in the target", get("/a b"), 400},
    {"an unknown method", "BREW /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"a method in lower case", "get /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"HTTP/1.2", "GET /a HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"no version", "GET /a\r\n\r\n", 400},
    {"a TLS greeting", std::string("\x16\x03\x01\x02\0\x01", 6), 400},
    {"an expectation we do not know", post("Expect: coffee\r\n", ""), 417},
    {"a target that is too long", get("/" + std::string(5'000, 'a')), 414},
    {"a request line that never ends", "GET /" + std::string(20'000, 'a'), 414},
    {"fields that are too large", get("/a", "Host: x\r\nX-A: " + std::string(20'000, 'a') + "\r\n"), 431},
    {"a declared body that is too large", post("Content-Length: 65537\r\n", ""), 413},
    {"a chunked body that is too large",
     post("Transfer-Encoding: chunked\r\n", "10001\r\n" + std::string(65'537, 'a')), 413},
    {"a chunk size beyond 64 bits", post("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n"), 400},
    {"a negative chunk size", post("Transfer-Encoding: chunked\r\n", "-1\r\n"), 400},
    {"a chunk size with prefix", post("Transfer-Encoding: chunked\r\n", "0x4\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk size with a space", post("Transfer-Encoding: chunked\r\n", "4 \r\nabcd\r\n0\r\n\r\n"), 400},
    {"an empty chunk size", post("Transfer-Encoding: chunked\r\n", "\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk longer than it says", post("Transfer-Encoding: chunked\r\n", "3\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk line with a bare line feed", post("Transfer-Encoding: chunked\r\n", "4\nabcd\r\n0\r\n\r\n"),
     400},
    {"an endless chunk extension", post("Transfer-Encoding: chunked\r\n", "4;" + std::string(2'000, 'x')),
     400},
    {"Content-Length three times, one of them different",
     post("Content-Length: 4\r\nX-A: b\r\nContent-Length: 4\r\ncontent-length: 40\r\n", "abcd"), 400},
    {"a list of different lengths", post("Content-Length: 4, 40\r\n", "abcd"), 400},
    {"a list with an empty element", post("Content-Length: 4,\r\n", "abcd"), 400},
    {"a fraction in Content-Length", post("Content-Length: 4.0\r\n", "abcd"), 400},
    {"an exponent in Content-Length", post("Content-Length: 4e0\r\n", "abcd"), 400},
    {"a quoted Content-Length", post("Content-Length: \"4\"\r\n", "abcd"), 400},
    {"a Content-Length with a parameter", post("Content-Length: 4;a=b\r\n", "abcd"), 400},
    {"a negative zero as Content-Length", post("Content-Length: -0\r\n", "abcd"), 400},
    {"a Content-Length of 2^64", post("Content-Length: 18446744073709551616\r\n", "abcd"), 413},
    {"digits beyond ASCII in Content-Length", post("Content-Length: \xef\xbc\x94\r\n", "abcd"), 400},
    {"a vertical tab around Content-Length", post("Content-Length: \v4\r\n", "abcd"), 400},
    {"two lengths of a GET", get("/a", "Host: x\r\nContent-Length: 0\r\nContent-Length: 34\r\n"), 400},
    {"a length and chunks of a GET",
     get("/a", "Host: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunked twice in one field", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
    {"chunked in two fields",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 501},
    {"chunked, then identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 501},
    {"a quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501},
    {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501},
    {"an empty Transfer-Encoding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501},
    {"a folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
    {"a space before the colon of Transfer-Encoding", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
     400},
    {"a length and another Transfer-Encoding", post("Content-Length: 4\r\nTransfer-Encoding: x\r\n", "abcd"),
     400},
    {"both framings in HTTP/1.0",
     "POST /a HTTP/1.0\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a field before the first one", "POST /a HTTP/1.1\r\n Content-Length: 4\r\nHost: x\r\n\r\nabcd", 400},
    {"two spaces in the request line", "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a tab in the request line", "GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a space after the version", "GET /a HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
    {"a signed chunk size", post("Transfer-Encoding: chunked\r\n", "+4\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk size after a space", post("Transfer-Encoding: chunked\r\n", " 4\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk size with an underscore", post("Transfer-Encoding: chunked\r\n", "1_0\r\nabcd"), 400},
    {"a chunk size of 2^32 + 4", post("Transfer-Encoding: chunked\r\n", "100000004\r\nabcd"), 400},
    {"a line feed that ends a chunk", post("Transfer-Encoding: chunked\r\n", "4\r\nabcd\n0\r\n\r\n"), 400},
    {"two carriage returns after a chunk size",
     post("Transfer-Encoding: chunked\r\n", "4\r\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a carriage return in a chunk extension",
     post("Transfer-Encoding: chunked\r\n", "4;a\rb\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a line feed in a chunk extension",
     post("Transfer-Encoding: chunked\r\n", "4;a\nb\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a chunk shorter than it says", post("Transfer-Encoding: chunked\r\n", "5\r\nabcd\r\n0\r\n\r\n"), 400},
    {"a last chunk that ends with a line feed", post("Transfer-Encoding: chunked\r\n", "0\n\r\n"), 400},
    {"a trailer that ends with a line feed", post("Transfer-Encoding: chunked\r\n", "0\r\nX-A: b\n\r\n"),
     400},
    {"a folded trailer", post("Transfer-Encoding: chunked\r\n", "0\r\nX-A: b\r\n c\r\n\r\n"), 400},
    {"a malformed trailer", post("Transfer-Encoding: chunked\r\n", "0\r\nno colon\r\n\r\n"), 400},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_edge, testing::EdgeFixture)

BOOST_DATA_TEST_CASE_F(testing::EdgeFixture, refused_with_a_problem_and_the_connection_closed,
                       data::make(kRefused)) {
    auto client = connect();
    client.send(sample.bytes + kSmuggled);
    const auto reply = client.reply();
    BOOST_TEST(reply.status == sample.status);
    BOOST_TEST(reply.field("Content-Type") == "application/problem+json");
    BOOST_TEST(reply.field("Connection") == "close");
    BOOST_TEST(!reply.field("X-Request-Id").empty());
    BOOST_TEST(reply.has("\"trace_id\":\""));
    client.finishSending();
    BOOST_TEST(client.rest() == "");
    BOOST_TEST(handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(too_many_fields_are_refused) {
    std::string fields = "Host: x\r\n";
    for (int i = 0; i < 64; ++i) fields += "X-A: b\r\n";
    BOOST_TEST(connect().ask(get("/a", fields)).status == 431);
}

// Poco decodes such values and would have seen two lines here; we never decode.
BOOST_AUTO_TEST_CASE(an_encoded_word_in_a_value_stays_as_it_is) {
    const std::string encoded = "=?utf-8?B?YQ0KWC1FdmlsOiBi?=";
    BOOST_TEST(connect().ask(get("/a", "Host: x\r\nX-A: " + encoded + "\r\n")).status == 200);
    BOOST_TEST(*handler.last().headers.get("x-a") == encoded);
    BOOST_TEST(!handler.last().headers.get("X-Evil").has_value());
}

BOOST_AUTO_TEST_CASE(a_body_that_the_handler_ignores_is_not_the_next_request) {
    auto client = connect();
    client.send(post("Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n", kSmuggled) +
                get("/next"));
    BOOST_TEST(client.reply().body == "POST /a [" + kSmuggled + "]");
    BOOST_TEST(client.reply().body == "GET /next []");
    BOOST_TEST(handler.handled() == 2);
}

BOOST_AUTO_TEST_CASE(a_get_may_have_a_body_and_it_is_read) {
    auto client = connect();
    client.send("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get("/b"));
    BOOST_TEST(client.reply().body == "GET /a [abc]");
    BOOST_TEST(client.reply().body == "GET /b []");
}

BOOST_AUTO_TEST_CASE(chunks_are_joined_and_what_follows_is_the_next_request) {
    auto client = connect();
    client.send(post("Transfer-Encoding: chunked\r\n",
                     "3;name=value\r\nabc\r\n000A\r\n0123456789\r\n0\r\nX-Trailer: y\r\n\r\n") +
                get("/next"));
    BOOST_TEST(client.reply().body == "POST /a [abc0123456789]");
    BOOST_TEST(client.reply().body == "GET /next []");
}

BOOST_AUTO_TEST_CASE(the_largest_body_is_taken_in_either_framing) {
    const std::string body(64 * 1024, 'a');
    BOOST_TEST(connect().ask(post("Content-Length: 65536\r\n", body)).status == 200);
    BOOST_TEST(
        connect().ask(post("Transfer-Encoding: chunked\r\n", "10000\r\n" + body + "\r\n0\r\n\r\n")).status ==
        200);
    BOOST_TEST(handler.last().body.size() == body.size());
}

BOOST_AUTO_TEST_CASE(a_request_may_arrive_byte_by_byte) {
    auto client = connect();
    for (const char c : "\r\n" + post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"))
        client.send(std::string_view{&c, 1});
    BOOST_TEST(client.reply().body == "POST /a [abc]");
}

BOOST_AUTO_TEST_CASE(path_and_query_are_decoded) {
    BOOST_TEST(connect().ask(get("/a%20b/%C3%A4?limit=1&name=a+b%26c&&flag&limit=2")).status == 200);
    const auto request = handler.last();
    BOOST_TEST(request.path == "/a b/\xc3\xa4");
    BOOST_TEST(request.rawPath == "/a%20b/%C3%A4");
    const std::vector<std::pair<std::string, std::string>> expected{
        {"limit", "1"}, {"name", "a b&c"}, {"flag", ""}, {"limit", "2"}};
    BOOST_TEST((request.query == expected));
}

BOOST_AUTO_TEST_CASE(an_absolute_target_of_this_host_is_its_path) {
    BOOST_TEST(connect().ask(get("http://X/a?b=c")).status == 200);
    BOOST_TEST(handler.last().path == "/a");
    BOOST_TEST(connect().ask(get("http://x")).body == "GET / []");
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_is_told_to_continue) {
    auto client = connect();
    client.send(post("Content-Length: 3\r\nExpect: 100-continue\r\n", ""));
    BOOST_TEST(client.reply().status == 100);
    client.send("abc");
    BOOST_TEST(client.reply().body == "POST /a [abc]");
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_is_refused_before_it_sends_too_much) {
    BOOST_TEST(connect().ask(post("Content-Length: 100000\r\nExpect: 100-continue\r\n", "")).status == 413);
}

BOOST_AUTO_TEST_CASE(head_gets_the_fields_of_get_and_no_body) {
    auto client = connect();
    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get("/b"));
    const auto head = client.reply(true);
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.field("Content-Length") == std::to_string(std::string("HEAD /a []").size()));
    BOOST_TEST(client.reply().body == "GET /b []");
}

BOOST_AUTO_TEST_CASE(a_good_request_id_is_echoed_and_a_bad_one_replaced) {
    BOOST_TEST(connect().ask(get("/a", "Host: x\r\nX-Request-Id: shop-1.2:3\r\n")).field("X-Request-Id") ==
               "shop-1.2:3");
    BOOST_TEST(handler.last().requestId == "shop-1.2:3");
    for (const std::string bad : {"a b", "a\"b", "<script>"}) {
        const auto reply = connect().ask(get("/a", "Host: x\r\nX-Request-Id: " + bad + "\r\n"));
        BOOST_TEST(reply.field("X-Request-Id").size() == 32);
        BOOST_TEST(reply.field("X-Request-Id") == handler.last().requestId);
    }
}

BOOST_AUTO_TEST_CASE(trace_context_is_kept_if_valid_and_made_if_not) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    connect().ask(get("/a", "Host: x\r\ntraceparent: " + good + "\r\n"));
    BOOST_TEST(handler.last().traceparent == good);
    BOOST_TEST(handler.last().traceId() == "4bf92f3577b34da6a3ce929d0e0e4736");
    connect().ask(get("/a", "Host: x\r\ntraceparent: 00-zz-00-01\r\n"));
    BOOST_TEST(handler.last().traceparent.size() == good.size());
    connect().ask(get("/a", "Host: x\r\ntraceparent: " + good + "\r\ntraceparent: " + good + "\r\n"));
    BOOST_TEST(handler.last().traceparent != good);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_answered_500_and_tells_the_log_alone) {
    auto client = connect();
    const auto reply = client.ask(get("/throw"));
    BOOST_TEST(reply.status == 500);
    BOOST_TEST(reply.has("\"code\":\"internal\""));
    BOOST_TEST(!reply.has("secret"));
    BOOST_TEST(logger.said("secret of the database"));
    BOOST_TEST(client.ask(get("/a")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_field_that_would_split_the_answer_is_never_sent) {
    const auto reply = connect().ask(get("/split"));
    BOOST_TEST(reply.status == 500);
    BOOST_TEST(reply.head.find("Set-Cookie") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
