#include "scheduler/http/event_call.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using http::NoReply;
using scheduler::Delivery;
using scheduler::http::CallOutcome;

namespace outboxd::scheduler::http {
std::ostream& boost_test_print_type(std::ostream& out, CallOutcome outcome) { return out << name(outcome); }
} // namespace outboxd::scheduler::http

namespace {

constexpr core::Timestamp kNow{std::chrono::sys_seconds{1767225600s}};
const http::WebhookSecret kSecret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};

Delivery event() {
    Delivery event;
    event.topic = "outbox.event.order";
    event.key = "7";
    event.id = core::EventId::fromText("019b7c1a-5c00-7000-8000-0000000000a1");
    event.type = "PaymentCompleted";
    event.payload = R"({"version":1,"orderId":7})";
    event.sequence = 42;
    return event;
}

std::string bodyOf(const Delivery& event) {
    auto body = scheduler::http::bodyOf(event);
    BOOST_REQUIRE(std::holds_alternative<std::string>(body));
    return std::get<std::string>(body);
}

std::string whyNot(const Delivery& event) {
    auto body = scheduler::http::bodyOf(event);
    BOOST_REQUIRE(std::holds_alternative<scheduler::http::Untellable>(body));
    return std::get<scheduler::http::Untellable>(body).reason;
}

http::ClientRequest callFor(const Delivery& event) {
    return scheduler::http::callFor(event, "/hooks", bodyOf(event), kSecret,
                                    std::chrono::floor<std::chrono::seconds>(kNow));
}

scheduler::http::Reading read(int status, const std::string& body = "", const std::string& retryAfter = "") {
    http::ClientReply reply{status, {}, body};
    if (!retryAfter.empty()) reply.headers.add("Retry-After", retryAfter);
    return scheduler::http::readAnswer(reply, kNow);
}

} // namespace

BOOST_AUTO_TEST_SUITE(event_call)

// The signature was made by Python's hmac over `id.1767225600.body`.
BOOST_AUTO_TEST_CASE(a_call_is_as_the_document_says) {
    auto told = event();
    told.headers = {{"id", "x"}, {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
    const auto call = callFor(told);
    BOOST_TEST(call.method == "POST");
    BOOST_TEST(call.path == "/hooks");
    BOOST_TEST(call.body == R"({"id":"019b7c1a-5c00-7000-8000-0000000000a1","type":"PaymentCompleted",)"
                            R"("timestamp":"2026-01-02T00:27:40.928000Z","key":"7","sequence":42,)"
                            R"("data":{"version":1,"orderId":7}})");
    const auto field = [&](const char* name) { return call.headers.get(name).value_or("(none)"); };
    BOOST_TEST(field("Content-Type") == "application/json");
    BOOST_TEST(field("Idempotency-Key") == "\"019b7c1a-5c00-7000-8000-0000000000a1\"");
    BOOST_TEST(field("webhook-id") == "019b7c1a-5c00-7000-8000-0000000000a1");
    BOOST_TEST(field("webhook-timestamp") == "1767225600");
    BOOST_TEST(field("webhook-signature") == "v1,4jX6fZk/PGcr4R6SJCtRat4MRb16lmjFA5VECCZ2Y6o=");
    BOOST_TEST(field("traceparent") == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

BOOST_AUTO_TEST_CASE(the_body_is_the_same_wherever_the_event_lies) {
    auto again = event();
    again.partition = 3;
    again.offset = 4711;
    BOOST_TEST(bodyOf(again) == bodyOf(event()));
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_left_out) {
    auto foreign = event();
    foreign.id = core::EventId::fromText("3f2504e0-4f89-41d3-9a0c-0305e82c3301"); // version 4 tells no time
    foreign.sequence.reset();
    foreign.headers = {{"traceparent", "rubbish\r\nX: y"}};
    BOOST_TEST(bodyOf(foreign) == R"({"id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","type":"PaymentCompleted",)"
                                  R"("key":"7","data":{"version":1,"orderId":7}})");
    BOOST_TEST(callFor(foreign).headers.count("traceparent") == 0);
    foreign.headers = {{"ce_time", "2026-01-01T12:00:00Z"}};
    BOOST_TEST(bodyOf(foreign).find(R"("timestamp":"2026-01-01T12:00:00.000000Z")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_and_keys_are_escaped) {
    auto odd = event();
    odd.key = "a\"b\\\n\xed\x95\x9c";
    BOOST_TEST(bodyOf(odd).find("\"key\":\"a\\\"b\\\\\\n\xed\x95\x9c\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_says_why) {
    auto bad = event();
    bad.id.reset();
    BOOST_TEST(whyNot(bad) == "the header id is missing or no event id");
    bad = event();
    bad.payload.reset();
    BOOST_TEST(whyNot(bad) == "there is no payload");
    for (const std::string payload :
         {"", "7", "[{}]", "\"text\"", "{\"a\":1}x", "{\"a\":1} {}", "{\"a\":\"\xff\"}", "{\"a\":1"}) {
        BOOST_TEST_CONTEXT(payload) {
            bad = event();
            bad.payload = payload;
            BOOST_TEST(whyNot(bad) == "the payload is not a JSON object in UTF-8");
        }
    }
    bad.payload = std::string("{}\0{}", 5);
    BOOST_TEST(whyNot(bad) == "the payload is not a JSON object in UTF-8");
    bad = event();
    bad.key = "\xff";
    BOOST_TEST(whyNot(bad) == "the key is not UTF-8");
    // Deep nesting costs no stack.
    bad = event();
    std::string deep = "{\"a\":";
    for (int i = 0; i < 200'000; ++i) deep += '[';
    bad.payload = deep;
    BOOST_TEST(whyNot(bad) == "the payload is not a JSON object in UTF-8");
}

BOOST_AUTO_TEST_CASE(every_status_has_its_class) {
    using enum CallOutcome;
    for (const int status : {200, 201, 202, 204, 299}) {
        BOOST_TEST_CONTEXT(status) {
            BOOST_TEST(read(status).outcome == accepted);
            BOOST_TEST(read(status).sound);
        }
    }
    for (const int status : {408, 409, 425, 500, 501, 502, 503, 504, 599}) {
        BOOST_TEST_CONTEXT(status) {
            BOOST_TEST(read(status).outcome == failed);
            BOOST_TEST(!read(status).sound);
        }
    }
    BOOST_TEST(read(429).outcome == throttled);
    for (const int status :
         {300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 410, 413, 415, 422, 451, 499}) {
        BOOST_TEST_CONTEXT(status) {
            BOOST_TEST(read(status).outcome == refused);
            // Somebody who does not know us, or a page that is not there, says nothing about the event.
            BOOST_TEST(read(status).sound ==
                       (status == 400 || status == 413 || status == 415 || status == 422));
        }
    }
}

BOOST_AUTO_TEST_CASE(no_answer_is_a_failure_unless_surely_nothing_was_sent) {
    const auto read = [](NoReply::Sent sent, core::ErrorKind kind) {
        return scheduler::http::readAnswer(NoReply{sent, kind, "it hung up"}, kNow);
    };
    BOOST_TEST(read(NoReply::Sent::maybe, core::ErrorKind::timeout).outcome == CallOutcome::failed);
    BOOST_TEST(read(NoReply::Sent::maybe, core::ErrorKind::invalid_data).outcome == CallOutcome::failed);
    BOOST_TEST(read(NoReply::Sent::nothing, core::ErrorKind::unavailable).outcome ==
               CallOutcome::unreachable);
    BOOST_TEST(read(NoReply::Sent::nothing, core::ErrorKind::misconfigured).reason ==
               "no answer: it hung up");
    BOOST_TEST(!read(NoReply::Sent::nothing, core::ErrorKind::unavailable).sound);
}

BOOST_AUTO_TEST_CASE(a_pause_is_honoured_within_bounds) {
    BOOST_TEST((read(503, "", "7").pause == 7s));
    BOOST_TEST((read(429, "", "0").pause == 0s));
    BOOST_TEST((read(503, "", "86400").pause == scheduler::http::kLongestPause));
    BOOST_TEST((read(503, "", "99999999999999999999999").pause == scheduler::http::kLongestPause));
    BOOST_TEST((read(503, "", "Thu, 01 Jan 2026 00:00:30 GMT").pause == 30s));
    BOOST_TEST((read(503, "", "Wed, 31 Dec 2025 23:00:00 GMT").pause == 0s)); // over already
    for (const char* const odd : {"-5", "soon", "7 s", "1e9", "Thu, 01 Jan 2026 00:00:30 GMT;"})
        BOOST_TEST(!read(503, "", odd).pause);
    BOOST_TEST((read(429, "", "soon").pause == 1s)); // who is asked too much is left alone for a moment
    BOOST_TEST((read(429).pause == 1s));
    BOOST_TEST(!read(400, "", "7").pause); // it has judged the event: the next one may be sent
    BOOST_TEST(!read(200, "", "7").pause);
}

BOOST_AUTO_TEST_CASE(a_reason_shows_the_beginning_of_the_answer_and_nothing_that_a_terminal_obeys) {
    BOOST_TEST(read(422, "{\"why\":\"no such user\"}").reason ==
               "answered 422 Unprocessable Content: '{\"why\":\"no such user\"}'");
    BOOST_TEST(read(500, "a\r\n\x1b[31mb\x7f 'c'").reason ==
               "answered 500 Internal Server Error: 'a   [31mb  \"c\"'");
    BOOST_TEST(read(500, "\xff\xfe").reason == "answered 500 Internal Server Error: '?"
                                               "?'");
    BOOST_TEST(read(500, "\xc2\x9b"
                         "2J\xed\x95\x9c")
                   .reason == "answered 500 Internal Server Error: '?"
                              "?2J\xed\x95\x9c'");
    // Cut between characters.
    const auto reason = read(500, std::string(199, 'x') + "\xed\x95\x9c").reason;
    BOOST_TEST(reason == "answered 500 Internal Server Error: '" + std::string(199, 'x') + "'");
}

BOOST_AUTO_TEST_SUITE_END()
