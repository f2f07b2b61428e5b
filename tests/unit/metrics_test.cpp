#include "platform/core/error.hpp"
#include "platform/metrics/metrics.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using Kind = metrics::Registry::CallbackKind;

namespace {

bool contains(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_suite)

BOOST_AUTO_TEST_CASE(series_of_a_name_are_told_apart_by_labels) {
    metrics::Registry registry;
    registry.counter("orders_total", "Orders.", {{"state", "ok"}}).increment();
    registry.counter("orders_total", "Orders.", {{"state", "ok"}}).increment(2);
    registry.counter("orders_total", "Orders.", {{"state", "failed"}}).increment();
    registry.gauge("queue", "Waiting.").set(7);
    const auto text = registry.text();
    BOOST_TEST(contains(text, "# TYPE orders_total counter"));
    BOOST_TEST(contains(text, "orders_total{state=\"ok\"} 3"));
    BOOST_TEST(contains(text, "orders_total{state=\"failed\"} 1"));
    BOOST_TEST(contains(text, "queue 7"));
}

BOOST_AUTO_TEST_CASE(a_histogram_counts_into_its_buckets) {
    metrics::Registry registry;
    auto histogram = registry.histogram("seconds", "Time.", {0.5, 1});
    histogram.observe(0.25);
    histogram.observe(0.75);
    histogram.observe(8);
    const auto text = registry.text();
    BOOST_TEST(contains(text, "seconds_bucket{le=\"0.5\"} 1"));
    BOOST_TEST(contains(text, "seconds_bucket{le=\"1\"} 2"));
    BOOST_TEST(contains(text, "seconds_bucket{le=\"+Inf\"} 3"));
    BOOST_TEST(contains(text, "seconds_sum 9"));
}

BOOST_AUTO_TEST_CASE(a_callback_is_read_at_each_scrape_and_gone_with_its_handle) {
    metrics::Registry registry;
    double value = 1;
    {
        const auto open =
            registry.callback(Kind::gauge, "open", "Open.", {{"pool", "a"}}, [&] { return value; });
        const auto other =
            registry.callback(Kind::gauge, "open", "Open.", {{"pool", "b"}}, [] { return 9.0; });
        value = 5;
        const auto text = registry.text();
        BOOST_TEST(contains(text, "open{pool=\"a\"} 5"));
        BOOST_TEST(contains(text, "open{pool=\"b\"} 9"));
        BOOST_TEST(text.find("# TYPE open gauge") == text.rfind("# TYPE open gauge"));
    }
    BOOST_TEST(registry.text().find("open") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_callback_that_throws_leaves_only_its_own_sample_out) {
    metrics::Registry registry;
    const auto bad =
        registry.callback(Kind::gauge, "bad", "Bad.", {}, []() -> double { throw std::runtime_error("x"); });
    const auto good = registry.callback(Kind::counter, "good_total", "Good.", {}, [] { return 2.0; });
    const auto text = registry.text();
    BOOST_TEST(contains(text, "good_total 2"));
    BOOST_TEST(text.find("bad") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_moved_handle_keeps_its_series) {
    metrics::Registry registry;
    metrics::Registry::Callback kept;
    kept = registry.callback(Kind::gauge, "open", "Open.", {}, [] { return 1.0; });
    BOOST_TEST(contains(registry.text(), "open 1"));
}

BOOST_AUTO_TEST_CASE(a_wrong_name_is_an_error_of_ours) {
    metrics::Registry registry;
    BOOST_CHECK_THROW(registry.counter("not a name", ""), core::Error);
    registry.counter("twice", "");
    BOOST_CHECK_THROW(registry.gauge("twice", ""), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
