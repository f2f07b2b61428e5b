#include "scheduler/http/http_effect.hpp"
#include "tests/support/fake_collector.hpp"
#include "tests/support/memory_processed.hpp"
#include "tests/support/raw_server.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace std::chrono_literals;
using scheduler::Delivery;
using scheduler::Verdict;
using scheduler::http::CallOutcome;
using scheduler::http::HttpEffect;
using scheduler::http::HttpEffectSettings;
using testing::FakeCollector;
using Kinds = std::vector<Verdict::Kind>;
using enum Verdict::Kind;
using Mode = testing::CollectorMode::Kind;
using BreakerState = core::CircuitBreaker::State;

namespace outboxd::scheduler {
std::ostream& boost_test_print_type(std::ostream& out, Verdict::Kind kind) {
    constexpr const char* names[]{"done", "ignored", "refused", "failed", "deferred"};
    return out << names[static_cast<int>(kind)];
}
} // namespace outboxd::scheduler

namespace {

// Real time, for sockets and signatures, of which a test can skip some.
class SkippingClock final : public core::Clock {
public:
    core::Instant now() const override { return real_.now() + std::chrono::microseconds{skipped_.load()}; }
    core::Timestamp today() const override { return real_.today(); }
    void skip(std::chrono::microseconds time) { skipped_ += time.count(); }

private:
    core::SystemClock real_;
    std::atomic<std::int64_t> skipped_{0};
};

const core::SystemClock kSystemClock;

Delivery event(const std::string& key, std::int64_t sequence = 1,
               const std::string& type = "PaymentCompleted") {
    Delivery delivery;
    delivery.topic = "outbox.event.order";
    delivery.key = key;
    delivery.id = core::newEventId(kSystemClock);
    delivery.type = type;
    delivery.payload = R"({"version":1})";
    delivery.sequence = sequence;
    return delivery;
}

HttpEffectSettings to(std::uint16_t port) {
    HttpEffectSettings settings;
    settings.name = "notification";
    settings.types = {"PaymentCompleted", "PaymentRefunded"};
    settings.endpoint = {.tls = false, .host = "127.0.0.1", .port = port, .prefix = "/events"};
    settings.timeout = 10min; // never to matter unless a test means it
    settings.longestBatch = 10min;
    settings.breaker.minimumNumberOfCalls = 100; // the same
    settings.breaker.slowCallDurationThreshold = 10min;
    return settings;
}

struct Receiver {
    explicit Receiver(const HttpEffectSettings& settings, const std::string& secrets = {})
        : effect(
              settings,
              http::parseWebhookSecrets(secrets.empty() ? testing::FakeCollectorSettings{}.secrets : secrets),
              processed, clock, [this](CallOutcome outcome, auto) {
                  const std::lock_guard lock(mutex);
                  ++outcomes[outcome];
              }) {}

    Kinds tell(const std::vector<Delivery>& batch) {
        verdicts = effect.handle(batch);
        Kinds kinds;
        for (const auto& verdict : verdicts) kinds.push_back(verdict.kind);
        return kinds;
    }

    SkippingClock clock;
    testing::MemoryProcessed processed;
    std::mutex mutex;
    std::map<CallOutcome, int> outcomes; // guarded by mutex while calls are made
    HttpEffect effect;
    std::vector<Verdict> verdicts;
};

struct Collector : FakeCollector {
    explicit Collector(const testing::FakeCollectorSettings& settings = {}) : FakeCollector(settings) {
        start();
    }
    ~Collector() override { behave({}); } // nothing stands still any more
    void answer(int status, const std::string& retryAfter = {}) {
        behave({.kind = Mode::status, .delay = 0ms, .status = status, .retryAfter = retryAfter});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_effect)

BOOST_AUTO_TEST_CASE(an_event_is_told_once_however_often_it_is_delivered) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    const auto paid = event("7", 42), refunded = event("7", 43, "PaymentRefunded");
    BOOST_TEST(receiver.tell({paid, refunded, paid}) == (Kinds{done, done, done}));
    BOOST_TEST(receiver.tell({refunded, paid}) == (Kinds{done, done}));
    const auto accepted = collector.accepted();
    BOOST_TEST(accepted.size() == 2U);
    BOOST_TEST(accepted.at(0).id == paid.id->text());
    BOOST_TEST(accepted.at(0).sequence == 42);
    BOOST_TEST(accepted.at(1).type == "PaymentRefunded");
    BOOST_TEST(collector.counts().forged == 0);
    BOOST_TEST(receiver.outcomes[CallOutcome::accepted] == 2);
}

BOOST_AUTO_TEST_CASE(other_types_are_ignored) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    auto placed = event("7", 1, "OrderPlaced"), nameless = event("7", 2, "");
    placed.id.reset(); // nobody asks
    BOOST_TEST(receiver.tell({placed, nameless}) == (Kinds{ignored, ignored}));
    BOOST_TEST(receiver.tell({}) == Kinds{});
    BOOST_TEST(collector.counts().calls == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_refused_and_what_follows_of_its_key_waits) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    auto bad = event("7");
    bad.id.reset();
    auto worse = event("8");
    worse.payload = "no JSON";
    BOOST_TEST(receiver.tell({bad, event("7", 2), worse, event("9")}) ==
               (Kinds{refused, deferred, refused, done}));
    BOOST_TEST(receiver.verdicts[2].reason == "the payload is not a JSON object in UTF-8");
    BOOST_TEST(collector.counts().calls == 1);
}

BOOST_AUTO_TEST_CASE(a_failure_defers_what_follows_of_its_key_alone) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    const std::vector batch{event("7", 1), event("8", 1), event("7", 2), event("7", 3)};
    collector.answer(500);
    BOOST_TEST(receiver.tell(batch) == (Kinds{failed, failed, deferred, deferred}));
    BOOST_TEST(collector.counts().calls == 2);
    collector.answer(422);
    BOOST_TEST(receiver.tell(batch) == (Kinds{refused, refused, deferred, deferred}));
    collector.behave({});
    BOOST_TEST(receiver.tell(batch) == (Kinds{done, done, done, done}));
}

BOOST_AUTO_TEST_CASE(records_without_a_key_do_not_wait_for_each_other) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    collector.answer(500);
    BOOST_TEST(receiver.tell({event(""), event("")}) == (Kinds{failed, failed}));
}

BOOST_AUTO_TEST_CASE(keys_go_side_by_side_within_the_bound_and_each_in_order) {
    Collector collector;
    auto settings = to(collector.port());
    settings.workers = 3;
    Receiver receiver(settings);
    std::vector<Delivery> batch;
    for (std::int64_t sequence = 1; sequence <= 20; ++sequence)
        for (int key = 0; key < 10; ++key) batch.push_back(event(std::to_string(key), sequence));
    collector.behave({.kind = Mode::slow, .delay = 10min}); // until three stand there together
    std::jthread telling([&] { BOOST_TEST(receiver.tell(batch) == Kinds(batch.size(), done)); });
    collector.awaitHeld(3);
    collector.behave({});
    telling.join();
    BOOST_TEST(collector.counts().most == 3);
    std::map<std::string, std::int64_t> last;
    for (const auto& accepted : collector.accepted()) {
        BOOST_TEST(accepted.sequence == last[accepted.key] + 1);
        last[accepted.key] = accepted.sequence;
    }
    BOOST_TEST(last.size() == 10U);
}

BOOST_AUTO_TEST_CASE(an_open_breaker_defers_and_costs_no_call) {
    Collector collector;
    auto settings = to(collector.port());
    settings.breaker.minimumNumberOfCalls = 2;
    Receiver receiver(settings);
    std::vector<Delivery> batch{event("1"), event("2")};
    collector.answer(503);
    BOOST_TEST(receiver.tell(batch) == (Kinds{failed, failed}));
    BOOST_TEST((receiver.effect.breaker().state == BreakerState::open));
    for (int i = 3; i < 20; ++i) batch.push_back(event(std::to_string(i)));
    BOOST_TEST(receiver.tell(batch) == Kinds(batch.size(), deferred));
    BOOST_TEST(collector.counts().calls == 2);
    // The trial fails: three calls, and no more.
    receiver.clock.skip(31s);
    receiver.tell(batch);
    BOOST_TEST(collector.counts().calls == 5);
    BOOST_TEST((receiver.effect.breaker().state == BreakerState::open));
    receiver.clock.skip(31s);
    collector.behave({});
    for (Kinds kinds; kinds != Kinds(batch.size(), done);) kinds = receiver.tell(batch);
    BOOST_TEST((receiver.effect.breaker().state == BreakerState::closed));
    BOOST_TEST(collector.accepted().size() == batch.size());
}

// A record that the receiver cannot bear must not get every trial call, or nothing would ever be told again.
BOOST_AUTO_TEST_CASE(trial_calls_are_made_for_other_events_each_time) {
    struct Picky final : http::Handler {
        http::Response handle(const http::Request& request) override {
            http::Response response;
            if (request.body.find(R"("key":"poison")") != std::string::npos) response.status = 500;
            return response;
        }
    } picky;
    testing::MemoryLogger logger;
    http::Server server({}, picky, kSystemClock, logger);
    server.start();
    auto settings = to(server.port());
    settings.workers = 1;
    settings.breaker.minimumNumberOfCalls = 1;
    settings.breaker.permittedNumberOfCallsInHalfOpenState = 1;
    Receiver receiver(settings);
    const std::vector batch{event("poison"), event("1"), event("2")};
    BOOST_TEST(receiver.tell(batch) == (Kinds{failed, deferred, deferred}));
    receiver.clock.skip(31s);
    BOOST_TEST(receiver.tell(batch) == (Kinds{failed, done, done}));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_away_costs_no_attempts) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    collector.goDown();
    BOOST_TEST(receiver.tell({event("7"), event("8")}) == (Kinds{deferred, deferred}));
    BOOST_TEST(receiver.outcomes[CallOutcome::unreachable] == 2);
    BOOST_TEST(receiver.effect.breaker().failedCalls == 2U);
}

BOOST_AUTO_TEST_CASE(who_is_asked_too_much_is_left_alone_for_as_long_as_it_says) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    collector.answer(429, "7");
    const std::vector batch{event("7")};
    BOOST_TEST(receiver.tell(batch) == Kinds{deferred});
    BOOST_TEST(receiver.effect.breaker().bufferedCalls == 0U); // it works
    collector.behave({});
    BOOST_TEST(receiver.tell(batch) == Kinds{deferred});
    BOOST_TEST(collector.counts().calls == 1);
    receiver.clock.skip(7s);
    BOOST_TEST(receiver.tell(batch) == Kinds{done});
}

// The record may be at fault all the same, so the attempt counts; the rest of the listener's events waits.
BOOST_AUTO_TEST_CASE(a_failure_that_names_a_time_pauses_the_listener) {
    Collector collector;
    auto settings = to(collector.port());
    settings.workers = 1;
    Receiver receiver(settings);
    collector.answer(503, "9");
    BOOST_TEST(receiver.tell({event("7"), event("8")}) == (Kinds{failed, deferred}));
    receiver.clock.skip(9s);
    collector.behave({});
    BOOST_TEST(receiver.tell({event("8")}) == Kinds{done});
}

BOOST_AUTO_TEST_CASE(a_silent_receiver_is_given_up_in_time) {
    Collector collector;
    auto settings = to(collector.port());
    settings.timeout = 100ms;
    Receiver receiver(settings);
    collector.behave({.kind = Mode::hang});
    BOOST_TEST(receiver.tell({event("7"), event("7")}) == (Kinds{failed, deferred}));
}

// Each read gets something in time: only a limit over the whole call ends it.
BOOST_AUTO_TEST_CASE(a_trickling_receiver_is_given_up_in_time) {
    testing::RawServer server([](testing::RawPeer& peer) {
        peer.readUntil("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n");
        for (int i = 0; i < 49'999 && !peer.stirsWithin(10); ++i) peer.send("x");
    });
    auto settings = to(server.port());
    settings.timeout = 300ms;
    Receiver receiver(settings);
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{failed});
}

BOOST_AUTO_TEST_CASE(whatever_a_hostile_receiver_answers_is_a_verdict) {
    const std::string big(200'000, 'x');
    for (const std::string& answer :
         {std::string{}, std::string{"\0\0\0\0", 4}, std::string{"SSH-2.0-OpenSSH\r\n"},
          "HTTP/1.1 200\r\n" + big, std::string{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"},
          std::string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"},
          "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + big,
          std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"},
          std::string{"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"}}) {
        BOOST_TEST_CONTEXT(answer.substr(0, 60)) {
            testing::RawServer server([&](testing::RawPeer& peer) {
                peer.readUntil("\r\n\r\n");
                peer.send(answer);
            });
            Receiver receiver(to(server.port()));
            BOOST_TEST(receiver.tell({event("7")}) == Kinds{failed});
        }
    }
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
    testing::RawServer server([](testing::RawPeer& peer) {
        peer.readUntil("\r\n\r\n");
        peer.send(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    Receiver receiver(to(server.port()));
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{refused});
    BOOST_TEST(receiver.verdicts[0].reason == "answered 307 Temporary Redirect: ''");
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_while_nobody_knows_what_was_sent_before) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    receiver.processed.goDown();
    BOOST_CHECK_THROW(receiver.tell({event("7")}), core::Error);
    BOOST_TEST(collector.counts().calls == 0);
}

BOOST_AUTO_TEST_CASE(what_was_sent_and_not_remembered_is_sent_again_under_the_same_key) {
    Collector collector;
    Receiver receiver(to(collector.port()));
    const auto paid = event("7");
    receiver.processed.forgetNext();
    BOOST_CHECK_THROW(receiver.tell({paid}), core::Error);
    BOOST_TEST(receiver.tell({paid}) == Kinds{done});
    const auto accepted = collector.accepted(); // the collector checks that the key is the id
    BOOST_REQUIRE(accepted.size() == 2U);
    BOOST_TEST(accepted[0].body == accepted[1].body);
    BOOST_TEST(collector.counts().repeated == 1);
}

BOOST_AUTO_TEST_CASE(a_secret_is_changed_without_a_refused_call) {
    const std::string before = "the secret until today", after = "the secret from now on";
    Collector collector(testing::FakeCollectorSettings{.secrets = before + "\n" + after});
    Receiver receiver(to(collector.port()), before + "\n" + after); // the first one signs
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{done});
    receiver.effect.take(http::parseWebhookSecrets(after));
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{done});
    receiver.effect.take(http::parseWebhookSecrets("some other secret altogether"));
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{refused});
    BOOST_TEST(collector.counts().forged == 1);
}

BOOST_AUTO_TEST_CASE(the_first_secret_signs) {
    const std::string first = "the secret that is shared", second = "one that nobody else has";
    Collector collector(testing::FakeCollectorSettings{.secrets = first});
    Receiver receiver(to(collector.port()), first + "\n" + second);
    BOOST_TEST(receiver.tell({event("7")}) == Kinds{done});
}

BOOST_AUTO_TEST_CASE(a_batch_that_takes_long_is_cut_short) {
    Collector collector;
    auto settings = to(collector.port());
    settings.longestBatch = 0ms;
    Receiver receiver(settings);
    BOOST_TEST(receiver.tell({event("7"), event("8")}) == (Kinds{deferred, deferred}));
    BOOST_TEST(collector.counts().calls == 0);
}

BOOST_AUTO_TEST_SUITE_END()
