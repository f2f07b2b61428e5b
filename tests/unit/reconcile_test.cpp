// How a run of the reconciliation goes, whatever its checks are.
#include "commerce/reconcile/conduct.hpp"
#include "commerce/reconcile/stock_spread.hpp"
#include "platform/core/error.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace outboxd;
using namespace outboxd::commerce::reconcile;
using namespace std::chrono_literals;

namespace {

class FakeCheck final : public Check {
public:
    FakeCheck(std::string name, std::function<void(Looking&)> look, Treated treated, bool repairs = true)
        : name_(std::move(name)), look_(std::move(look)), treated_(std::move(treated)), repairs_(repairs) {}
    std::string_view name() const override { return name_; }
    bool repairs() const override { return repairs_; }
    std::string_view remedy() const override { return "do it"; }
    void look(Looking& looking) override { look_(looking); }
    Treated treat(const Finding& finding, int) override {
        if (finding.id == "broken") throw core::Error(core::ErrorKind::contention, "in use");
        return treated_;
    }

private:
    const std::string name_;
    const std::function<void(Looking&)> look_;
    const Treated treated_;
    const bool repairs_;
};

struct Scene : RunLog {
    testing::ManualClock clock;
    Checks checks;
    bool stopping = false, cancelled = false;
    std::vector<std::string> lines, results;
    std::string ended;

    bool wanted() override { return !cancelled; }
    int add(std::string_view check, const Finding& finding, const Treated& first) override {
        lines.push_back(std::string{check} + " " + finding.id + " " + std::string{name(first.verdict)});
        return static_cast<int>(lines.size());
    }
    void conclude(int line, const Treated& treated) override {
        lines.at(static_cast<std::size_t>(line) - 1) += " " + std::string{name(treated.verdict)};
    }
    void checked(std::string_view check, const CheckResult& result) override {
        results.push_back(std::string{check} + " " + std::to_string(result.found) + " " +
                          std::to_string(result.repaired) + (result.error ? " " + *result.error : ""));
    }
    void finish(Ending ending) override { ended = name(ending); }

    void add(const std::string& name, std::vector<std::string> ids, Verdict verdict, bool repairs = true) {
        checks.push_back(std::make_unique<FakeCheck>(
            name,
            [ids = std::move(ids)](Looking& looking) {
                for (const auto& id : ids) looking.report({"thing", id, "1", "2"});
            },
            Treated{verdict, "so"}, repairs));
    }
    void add(const std::string& name, std::function<void(Looking&)> look) {
        checks.push_back(std::make_unique<FakeCheck>(name, std::move(look), Treated{}));
    }
    Ending run(Mode mode, std::vector<std::string> names = {}) {
        return conduct({1, mode, std::move(names), "kim"}, checks, *this,
                       {clock, [this] { return stopping; }, [](auto) { return true; }});
    }
};

using Texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(reconcile_rules, Scene)

BOOST_AUTO_TEST_CASE(a_report_treats_nothing) {
    add("a", {"1"}, Verdict::repaired);
    add("b", {"2"}, Verdict::repaired, false);
    BOOST_TEST((run(Mode::report) == Ending::done));
    BOOST_TEST(lines == (Texts{"a 1 REPORTED", "b 2 PERSON"}), boost::test_tools::per_element());
    BOOST_TEST(results == (Texts{"a 1 0", "b 1 0"}), boost::test_tools::per_element());
    BOOST_TEST(ended == "DONE");
}

BOOST_AUTO_TEST_CASE(what_became_of_each_finding_is_written_down) {
    add("a", {"1", "2"}, Verdict::repaired); // which it wrote down itself
    add("b", {"3"}, Verdict::gone);
    add("c", {"4"}, Verdict::repaired, false);
    run(Mode::repair);
    BOOST_TEST(lines == (Texts{"a 1 REPORTED", "a 2 REPORTED", "b 3 REPORTED GONE", "c 4 PERSON"}),
               boost::test_tools::per_element());
    BOOST_TEST(results == (Texts{"a 2 2", "b 0 0", "c 1 0"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_repair_that_fails_does_not_keep_the_others_from_being_made) {
    add("a", {"broken", "1"}, Verdict::gone);
    BOOST_TEST((run(Mode::repair) == Ending::done));
    BOOST_TEST(lines == (Texts{"a broken REPORTED FAILED", "a 1 REPORTED GONE"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_check_that_cannot_look_keeps_what_it_found_and_the_run_is_incomplete) {
    add("a", [](Looking& looking) {
        looking.report({"thing", "1", "", ""});
        throw core::Error(core::ErrorKind::unavailable, "away");
    });
    add("b", {"2"}, Verdict::repaired);
    BOOST_TEST((run(Mode::report) == Ending::incomplete));
    BOOST_TEST(results == (Texts{"a 1 0 away", "b 1 0"}), boost::test_tools::per_element());
    BOOST_TEST(lines.size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_what_was_asked_for_is_looked_at_and_what_is_not_there_is_told) {
    add("a", {"1"}, Verdict::repaired);
    add("b", {"2"}, Verdict::repaired);
    BOOST_TEST((run(Mode::report, {"b", "c"}) == Ending::incomplete));
    BOOST_TEST(results == (Texts{"b 1 0", "c 0 0 the node that made this run does not have this check"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(too_many_findings_are_counted) {
    add("a", Texts(kMostKept + 5, "1"), Verdict::repaired);
    run(Mode::repair);
    BOOST_TEST(lines.size() == static_cast<std::size_t>(kMostKept));
    BOOST_TEST(results == (Texts{"a 1005 1000"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_that_is_cancelled_ends_at_its_next_step) {
    add("a", [this](Looking& looking) {
        cancelled = true;
        BOOST_TEST(looking.goOn(), "it does not ask all the time");
        clock.advance(kAskAgain);
        BOOST_TEST(!looking.goOn());
        BOOST_TEST(!looking.rest(1s));
    });
    add("b", {"2"}, Verdict::repaired);
    BOOST_TEST((run(Mode::repair) == Ending::cancelled));
    BOOST_TEST(results == (Texts{"a 0 0"}), boost::test_tools::per_element());
    BOOST_TEST(ended == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(a_node_that_stops_repairs_nothing_more) {
    add("a", [this](Looking& looking) {
        looking.report({"thing", "1", "", ""});
        stopping = true;
    });
    BOOST_TEST((run(Mode::repair) == Ending::interrupted));
    BOOST_TEST(lines == (Texts{"a 1 REPORTED"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(stock_is_spread_with_as_little_moved_as_possible) {
    using Slots = std::vector<std::int64_t>;
    BOOST_TEST(spread({5, 5}, 10).value() == (Slots{5, 5}), boost::test_tools::per_element());
    BOOST_TEST(spread({5, 5}, 13).value() == (Slots{8, 5}), boost::test_tools::per_element());
    BOOST_TEST(spread({5, 5}, 3).value() == (Slots{0, 3}), boost::test_tools::per_element());
    BOOST_TEST(spread({-5, 9, 2}, 6).value() == (Slots{0, 4, 2}), boost::test_tools::per_element());
    BOOST_TEST(spread({-5, 2}, 6).value() == (Slots{4, 2}), boost::test_tools::per_element());
    BOOST_TEST(spread({3}, 0).value() == (Slots{0}), boost::test_tools::per_element());
    BOOST_TEST(!spread({3}, -1));
    BOOST_TEST(!spread({}, 1));
}

BOOST_AUTO_TEST_SUITE_END()
