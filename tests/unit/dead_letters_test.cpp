// What is common to the errors of one cause.
#include "scheduler/dead_letters.hpp"

#include <boost/test/unit_test.hpp>

using outboxd::scheduler::fingerprintOf;

BOOST_AUTO_TEST_SUITE(dead_letter_fingerprints)

BOOST_AUTO_TEST_CASE(what_differs_from_event_to_event_does_not_count) {
    const auto print = fingerprintOf("order 17 of user 'kim' is gone (018f6f2e-1d3c-7abc-8def-0123456789ab)");
    BOOST_TEST(print.size() == 16U);
    BOOST_TEST(print ==
               fingerprintOf("order 4711 of user 'lee o' is gone (018f6f2e-ffff-7abc-8def-0123456789cd)"));
    BOOST_TEST(print !=
               fingerprintOf("order 17 of user 'kim' is late (018f6f2e-1d3c-7abc-8def-0123456789ab)"));
    BOOST_TEST(fingerprintOf("no member \"a\" at 3") == fingerprintOf("no member \"b\" at 12"));
}

BOOST_AUTO_TEST_CASE(an_apostrophe_quotes_nothing) {
    BOOST_TEST(fingerprintOf("can't read the body, won't try") !=
               fingerprintOf("can't write the body, won't try"));
    BOOST_TEST(fingerprintOf("an open ' quote") == fingerprintOf("an open ' quote"));
    BOOST_TEST(fingerprintOf("").size() == 16U);
}

BOOST_AUTO_TEST_SUITE_END()
