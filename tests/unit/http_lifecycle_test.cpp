// Connections over time: keep-alive, limits, deadlines, drain.
#include "platform/core/error.hpp"
#include "tests/unit/http_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <sys/resource.h>
#include <thread>

using namespace outboxd;
using namespace std::chrono_literals;

namespace {

const std::string kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kWait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kManyConnections = 200;
#else
constexpr int kManyConnections = 1'000;
#endif

http::ServerSettings withLimit(int connections) {
    http::ServerSettings settings;
    settings.maxConnections = connections;
    return settings;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_lifecycle)

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests) {
    testing::EdgeFixture edge;
    auto client = edge.connect();
    for (int i = 0; i < 100; ++i) BOOST_TEST(client.ask(kGet).status == 200);
    BOOST_TEST(edge.server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    testing::EdgeFixture edge;
    auto client = edge.connect();
    std::string all;
    for (int i = 0; i < 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(all);
    for (int i = 0; i < 50; ++i) BOOST_TEST(client.reply().body == "GET /" + std::to_string(i) + " []");
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_for_it_is_hung_up_on) {
    testing::EdgeFixture edge;
    auto client = edge.connect();
    const auto reply = client.ask("GET /a HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n");
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.field("Connection") == "close");
    BOOST_TEST(client.rest() == "");
}

BOOST_AUTO_TEST_CASE(http_1_0_is_hung_up_on_unless_it_asks_to_stay) {
    testing::EdgeFixture edge;
    auto once = edge.connect();
    BOOST_TEST(once.ask("GET /a HTTP/1.0\r\n\r\n").status == 200);
    BOOST_TEST(once.rest() == "");
    auto twice = edge.connect();
    for (int i = 0; i < 2; ++i) {
        const auto reply = twice.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        BOOST_TEST(reply.field("Connection") == "keep-alive");
    }
}

BOOST_AUTO_TEST_CASE(idle_connections_do_not_keep_others_waiting) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    testing::EdgeFixture edge(withLimit(kManyConnections + 1));
    std::vector<testing::RawClient> idle;
    for (int i = 0; i < kManyConnections; ++i) {
        idle.push_back(edge.connect());
        BOOST_REQUIRE(idle.back().ask(kGet).status == 200);
    }
    BOOST_TEST(edge.connect().ask(kGet).status == 200);
    BOOST_TEST(edge.server.connections() >= static_cast<std::size_t>(kManyConnections));
    BOOST_TEST(idle.front().ask(kGet).status == 200);
}

BOOST_AUTO_TEST_CASE(one_too_many_is_told_503_and_when_to_come_back) {
    testing::EdgeFixture edge(withLimit(2));
    auto first = edge.connect();
    auto second = edge.connect();
    BOOST_TEST(first.ask(kGet).status == 200);
    BOOST_TEST(second.ask(kGet).status == 200);
    auto third = edge.connect();
    const auto reply = third.ask(kGet);
    BOOST_TEST(reply.status == 503);
    BOOST_TEST(reply.field("Retry-After") == "1");
    BOOST_TEST(reply.field("Connection") == "close");
    BOOST_TEST(reply.has("\"code\":\"overloaded\""));
    BOOST_TEST(third.rest() == "");
    BOOST_TEST(edge.server.refusedConnections() == 1u);
    BOOST_TEST(first.ask(kGet).status == 200);
}

BOOST_AUTO_TEST_CASE(a_freed_place_is_given_to_the_next) {
    testing::EdgeFixture edge(withLimit(1));
    for (int i = 0; i < 50; ++i) {
        auto client = edge.connect();
        const auto reply = client.ask("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        BOOST_TEST(reply.status == 200);
        client.finishSending();
        client.rest();
        while (edge.server.connections() > 0) std::this_thread::yield();
    }
}

BOOST_AUTO_TEST_CASE(a_head_that_trickles_in_is_cut_at_its_total_deadline) {
    http::ServerSettings settings;
    settings.headerTimeout = 50ms;
    testing::EdgeFixture edge(settings);
    auto client = edge.connect();
    client.send("GET /a HTTP/1.1\r\nX-A: ");
    // Each byte comes long before a deadline that counted from the byte before it.
    int sent = 0;
    for (; sent < 5'000 && !client.readableWithin(2ms); ++sent) client.send("a");
    BOOST_TEST(sent < 5'000);
    BOOST_TEST(client.reply().status == 408);
    BOOST_TEST(edge.handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(half_a_head_is_answered_408_and_closed) {
    http::ServerSettings settings;
    settings.headerTimeout = 30ms;
    testing::EdgeFixture edge(settings);
    auto client = edge.connect();
    const auto reply = client.ask("GET /a HTTP/1.1\r\nHost: x\r\n");
    BOOST_TEST(reply.status == 408);
    BOOST_TEST(client.rest() == "");
}

BOOST_AUTO_TEST_CASE(a_line_that_ends_wrong_is_refused_at_once_and_not_waited_for) {
    testing::EdgeFixture edge; // its header timeout would be answered 408
    BOOST_TEST(edge.connect().ask("GET /a HTTP/1.1\nHost: x\n\n").status == 400);
}

BOOST_AUTO_TEST_CASE(half_a_body_is_answered_408_and_closed) {
    http::ServerSettings settings;
    settings.bodyTimeout = 30ms;
    testing::EdgeFixture edge(settings);
    for (const std::string framing :
         {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
        auto client = edge.connect();
        BOOST_TEST(client.ask("POST /a HTTP/1.1\r\nHost: x\r\n" + framing).status == 408);
        BOOST_TEST(client.rest() == "");
    }
    BOOST_TEST(edge.handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_that_idles_too_long_is_closed_without_a_word) {
    http::ServerSettings settings;
    settings.idleTimeout = 30ms;
    testing::EdgeFixture edge(settings);
    auto client = edge.connect();
    BOOST_TEST(client.rest() == "");
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_in_the_middle_frees_its_place) {
    testing::EdgeFixture edge;
    { edge.connect().send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"); }
    while (edge.server.connections() > 0) std::this_thread::yield();
    BOOST_TEST(edge.handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(stop_lets_a_running_request_finish_and_says_close) {
    testing::EdgeFixture edge;
    auto idle = edge.connect();
    BOOST_TEST(idle.ask(kGet).status == 200);
    auto busy = edge.connect();
    busy.send(kWait);
    edge.handler.awaitHandled(2);

    auto stopped = std::async(std::launch::async, [&] { edge.server.stop(); });
    BOOST_TEST(idle.rest() == ""); // closed at once, while the other still runs
    edge.handler.letGo();
    const auto reply = busy.reply();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.field("Connection") == "close");
    BOOST_TEST(busy.rest() == "");
    busy.finishSending();
    stopped.get();
    BOOST_TEST(edge.server.connections() == 0u);
    BOOST_TEST(edge.server.port() == 0);
}

BOOST_AUTO_TEST_CASE(stop_cuts_a_request_that_never_arrives_in_full) {
    http::ServerSettings settings;
    settings.drainTimeout = 20ms;
    testing::EdgeFixture edge(settings);
    auto client = edge.connect();
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    BOOST_TEST(client.reply().status == 100);
    edge.server.stop();
    BOOST_TEST(client.rest() == "");
    BOOST_TEST(edge.logger.said("http_drain_timeout"));
}

BOOST_AUTO_TEST_CASE(a_server_can_be_stopped_twice_and_started_again) {
    testing::EchoHandler handler;
    testing::MemoryLogger logger;
    core::SystemClock clock;
    http::Server server({}, handler, clock, logger);
    server.stop();
    for (int i = 0; i < 2; ++i) {
        server.start();
        BOOST_TEST(testing::RawClient(server.port()).ask(kGet).status == 200);
        server.stop();
        server.stop();
    }
}

BOOST_AUTO_TEST_CASE(a_port_in_use_names_the_setting) {
    testing::EdgeFixture edge;
    http::ServerSettings settings;
    settings.port = edge.server.port();
    settings.setting = "admin";
    http::Server second(settings, edge.handler, edge.clock, edge.logger);
    try {
        second.start();
        BOOST_FAIL("two servers on one port");
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::ErrorKind::misconfigured));
        BOOST_TEST(error.hint().find("admin.port") != std::string::npos);
    }
    second.stop();
}

BOOST_AUTO_TEST_CASE(each_request_is_one_line_in_the_access_log) {
    testing::EdgeFixture edge;
    auto client = edge.connect();
    client.ask("GET /a HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n");
    client.ask(kGet); // the first line is written before the second request is read
    BOOST_TEST(edge.logger.said("http_request method=GET path=/a route=/echo status=200"));
    BOOST_TEST(edge.logger.said("request_id=mine"));
}

BOOST_AUTO_TEST_SUITE_END()
