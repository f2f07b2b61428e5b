#include "platform/http/client.hpp"
#include "tests/support/tls_server.hpp"
#include "tests/unit/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace outboxd;
using namespace std::chrono_literals;
using core::ErrorKind;
using http::NoReply;

namespace {

// Long enough never to matter unless a server is silent on purpose.
constexpr auto kPatience = 30s;

const core::SystemClock kClock;

http::ClientSettings to(std::uint16_t port, const std::string& prefix = "") {
    http::ClientSettings settings;
    settings.endpoint = {.tls = false, .host = "127.0.0.1", .port = port, .prefix = prefix};
    settings.maxBodyBytes = 1024;
    return settings;
}

std::variant<http::ClientReply, NoReply> call(const http::ClientSettings& settings,
                                              const http::ClientRequest& request = {},
                                              std::chrono::milliseconds limit = kPatience) {
    auto sent = request;
    if (sent.path.empty()) sent.path = "/";
    return http::Client(settings, kClock).call(sent, kClock.now() + limit);
}

http::ClientReply reply(const std::variant<http::ClientReply, NoReply>& result) {
    if (const auto* const failed = std::get_if<NoReply>(&result)) throw std::runtime_error(failed->why);
    return std::get<http::ClientReply>(result);
}

NoReply failure(const std::variant<http::ClientReply, NoReply>& result) {
    BOOST_REQUIRE(std::holds_alternative<NoReply>(result));
    BOOST_TEST_MESSAGE(std::get<NoReply>(result).why);
    return std::get<NoReply>(result);
}

// A server that takes the request's head and answers these bytes.
std::function<void(testing::RawPeer&)> answering(const std::string& bytes) {
    return [bytes](testing::RawPeer& peer) {
        peer.readUntil("\r\n\r\n");
        peer.send(bytes);
    };
}

std::uint16_t closedPort() {
    return testing::RawServer([](testing::RawPeer&) {}).port();
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(a_request_arrives_as_it_was_written) {
    testing::EdgeFixture edge;
    http::ClientRequest request{
        .method = "POST", .path = "/charges/a%20b", .headers = {}, .body = "{\"a\":1}"};
    request.headers.add("Idempotency-Key", "\"k\"");
    const auto answer = reply(call(to(edge.server.port(), "/gateway"), request));
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == "POST /gateway/charges/a b [{\"a\":1}]");
    BOOST_TEST(*answer.headers.get("Content-Type") == "text/plain");
    BOOST_TEST(*edge.handler.last().headers.get("idempotency-key") == "\"k\"");
    BOOST_TEST(*edge.handler.last().headers.get("Host") == "127.0.0.1:" + std::to_string(edge.server.port()));
    BOOST_TEST(*edge.handler.last().headers.get("Connection") == "close");
}

BOOST_AUTO_TEST_CASE(names_are_resolved) {
    testing::EdgeFixture edge;
    auto settings = to(edge.server.port());
    settings.endpoint.host = "localhost"; // may be ::1 first, where nobody listens
    BOOST_TEST(reply(call(settings)).status == 200);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_surely_not_sent_to) {
    auto settings = to(80);
    settings.endpoint.host = "outboxd.invalid"; // RFC 6761: never resolves
    BOOST_TEST((failure(call(settings)).sent == NoReply::Sent::nothing));
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_surely_not_sent_to) {
    const auto failed = failure(call(to(closedPort())));
    BOOST_TEST((failed.sent == NoReply::Sent::nothing));
    BOOST_TEST((failed.kind == ErrorKind::unavailable));
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_up_may_have_done_it) {
    testing::RawServer server([](testing::RawPeer& peer) { peer.readUntil("\r\n\r\n"); });
    const auto failed = failure(call(to(server.port())));
    BOOST_TEST((failed.sent == NoReply::Sent::maybe));
    BOOST_TEST((failed.kind == ErrorKind::unavailable));
}

BOOST_AUTO_TEST_CASE(a_silent_server_ends_at_the_limit) {
    testing::RawServer server([](testing::RawPeer& peer) { peer.awaitHangUp(); });
    const auto failed = failure(call(to(server.port()), {}, 100ms));
    BOOST_TEST((failed.sent == NoReply::Sent::maybe));
    BOOST_TEST((failed.kind == ErrorKind::timeout));
}

// Each read gets something in time: only a limit over all of them ends it.
BOOST_AUTO_TEST_CASE(a_server_that_trickles_ends_at_the_limit) {
    for (const std::string start :
         {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}) {
        testing::RawServer server([&](testing::RawPeer& peer) {
            peer.readUntil("\r\n\r\n");
            peer.send(start);
            for (int i = 0; i < 999 && !peer.stirsWithin(10); ++i) peer.send("x");
            peer.send(start.ends_with("\r\n\r\n") ? "x" : ":\r\nContent-Length: 0\r\n\r\n");
        });
        BOOST_TEST((failure(call(to(server.port()), {}, 300ms)).kind == ErrorKind::timeout));
    }
}

BOOST_AUTO_TEST_CASE(a_cut_answer_is_no_answer) {
    for (const auto* const bytes :
         {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"}) {
        testing::RawServer server(answering(bytes));
        const auto failed = failure(call(to(server.port())));
        BOOST_TEST((failed.kind == ErrorKind::unavailable));
        BOOST_TEST((failed.sent == NoReply::Sent::maybe));
    }
}

BOOST_AUTO_TEST_CASE(answers_that_can_be_read_in_two_ways_are_not_read) {
    for (const std::string bytes :
         {"", "Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2, 2\r\n",
          "Content-Length: -2\r\n", "Content-Length: +2\r\n",
          "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length : 2\r\n",
          "X-A: b\r\n Content-Length: 5\r\nContent-Length: 2\r\n", "no colon\r\nContent-Length: 2\r\n",
          "Content-Length: 4096\r\n", "Content-Length: 18446744073709551618\r\n"}) {
        testing::RawServer server(answering("HTTP/1.1 200 OK\r\n" + bytes + "\r\n{}"));
        BOOST_TEST_CONTEXT(bytes)
        BOOST_TEST((failure(call(to(server.port()))).kind == ErrorKind::invalid_data));
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_not_read) {
    for (const std::string line :
         {"SSH-2.0-OpenSSH_9.2", "HTTP/2 200", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 099 Odd",
          "HTTP/1.1 600 Odd", "HTTP/1.1  200 OK", "HTTP/1.1 101 Switching Protocols"}) {
        testing::RawServer server(answering(line + "\r\nContent-Length: 0\r\n\r\n"));
        BOOST_TEST_CONTEXT(line)
        BOOST_TEST((failure(call(to(server.port()))).kind == ErrorKind::invalid_data));
    }
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_cut_at_the_limit) {
    const std::string endless(70'000, 'x');
    for (const auto& bytes : {"HTTP/1.1 200 OK\r\nX: " + endless,
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + endless}) {
        testing::RawServer server(answering(bytes));
        BOOST_TEST((failure(call(to(server.port()))).kind == ErrorKind::invalid_data));
    }
}

BOOST_AUTO_TEST_CASE(chunks_are_joined_and_interim_answers_passed_over) {
    testing::RawServer server(answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n4;a=b\r\nx\":1\r\n1\r\n}\r\n0\r\n\r\n"));
    BOOST_TEST(reply(call(to(server.port()))).body == "{\"x\":1}");
}

BOOST_AUTO_TEST_CASE(interim_answers_end_sometime) {
    std::string bytes;
    for (int i = 0; i < 20; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    testing::RawServer server(answering(bytes));
    BOOST_TEST((failure(call(to(server.port()))).kind == ErrorKind::invalid_data));
}

BOOST_AUTO_TEST_CASE(a_redirect_is_an_answer) {
    testing::RawServer server(
        answering("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
    BOOST_TEST(reply(call(to(server.port()))).status == 302);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_not_http_is_our_mistake) {
    const auto port = closedPort();
    http::ClientRequest split{.path = "/", .headers = {}, .body = ""};
    split.headers.add("X-A", "a\r\nX-B: c");
    BOOST_CHECK_THROW(call(to(port), split), core::Error);
    BOOST_CHECK_THROW(call(to(port), {.path = "/a b", .headers = {}, .body = ""}), core::Error);
    BOOST_CHECK_THROW(call(to(port), {.path = "a", .headers = {}, .body = ""}), core::Error);
}

struct TlsFixture {
    // The server's library writes with a plain write(): a client that hangs up would end the test program.
    TlsFixture() { std::signal(SIGPIPE, SIG_IGN); }

    static http::ClientSettings settings(const testing::TlsServer& server, const std::string& host,
                                         bool trusted = true) {
        auto settings = to(server.port());
        settings.endpoint.tls = true;
        settings.endpoint.host = host;
        if (trusted) settings.caFile = server.certificateFile();
        settings.maxBodyBytes = 1 << 20;
        return settings;
    }
};

BOOST_FIXTURE_TEST_CASE(tls_carries_a_call_to_a_server_that_proves_its_name, TlsFixture) {
    const std::string body(200'000, 'b'); // several records
    testing::TlsServer server("DNS:localhost,IP:127.0.0.1", 3600, body);
    BOOST_TEST((reply(call(settings(server, "127.0.0.1"))).body == body));
    BOOST_TEST((reply(call(settings(server, "localhost"))).body == body));
}

BOOST_FIXTURE_TEST_CASE(tls_sends_nothing_to_whom_it_does_not_trust, TlsFixture) {
    testing::TlsServer other("DNS:gateway.example,IP:127.0.0.2", 3600, "{}");
    testing::TlsServer expired("IP:127.0.0.1", -3600, "{}");
    testing::TlsServer fine("IP:127.0.0.1", 3600, "{}");
    for (const auto& wrong : {settings(other, "127.0.0.1"), settings(other, "localhost"),
                              settings(expired, "127.0.0.1"), settings(fine, "127.0.0.1", false)}) {
        const auto failed = failure(call(wrong));
        BOOST_TEST((failed.kind == ErrorKind::misconfigured));
        BOOST_TEST((failed.sent == NoReply::Sent::nothing));
    }
}

BOOST_FIXTURE_TEST_CASE(a_handshake_with_somebody_else_sends_nothing, TlsFixture) {
    testing::RawServer plain([](testing::RawPeer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    testing::RawServer silent([](testing::RawPeer& peer) { peer.awaitHangUp(); });
    testing::RawServer gone([](testing::RawPeer&) {});
    for (const auto* const server : {&plain, &silent, &gone}) {
        auto settings = to(server->port());
        settings.endpoint.tls = true;
        BOOST_TEST((failure(call(settings, {}, server == &silent ? 100ms : kPatience)).sent ==
                    NoReply::Sent::nothing));
    }
}

BOOST_AUTO_TEST_CASE(urls_are_read_strictly) {
    const auto good = [](const char* url) { return std::get<http::Endpoint>(http::parseEndpoint(url)); };
    BOOST_TEST(good("https://pay.example").authority() == "pay.example");
    BOOST_TEST(good("https://pay.example").port == 443);
    BOOST_TEST(good("https://pay.example:8443/v2/").prefix == "/v2");
    BOOST_TEST(good("http://127.0.0.1:8080/").authority() == "127.0.0.1:8080");
    BOOST_TEST(good("http://[::1]:81").authority() == "[::1]:81");
    BOOST_TEST(good("http://[::1]").loopback());
    BOOST_TEST(good("http://127.1.2.3").loopback());
    BOOST_TEST(!good("http://pay.example").loopback());
    for (const auto* const url :
         {"", "pay.example", "ftp://pay.example", "https://", "https:///x", "https://a:b@pay.example",
          "https://pay.example:0", "https://pay.example:65536", "https://pay.example:",
          "https://pay.example:8x", "https://pay.example/?a", "https://pay.example/#a", "https://pay example",
          "https://[::1", "https://[pay]", "https://::1", "https://pay.example\\@other"}) {
        BOOST_TEST_CONTEXT(url)
        BOOST_TEST(std::holds_alternative<http::NotAnEndpoint>(http::parseEndpoint(url)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
