// What operators see of jobs, and their orders as rows, on the real server.
#include "scheduler/mysql/job_board.hpp"
#include "scheduler/mysql/job_desk.hpp"
#include "tests/support/outbox_database.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

using namespace outboxd;
using namespace outboxd::testing;
using namespace std::chrono_literals;
using scheduler::DeskPage;
using scheduler::JobDetails;
using scheduler::JobOfEveryNode;
using scheduler::JobOrdered;
using scheduler::JobRunDetails;
using scheduler::JobUnknown;
using scheduler::OrderedRun;
using scheduler::OrderTerms;

namespace {

using State = scheduler::JobView::State;

struct JobsDatabase : OutboxDatabase {
    JobsDatabase() {
        board.declare(
            std::vector<scheduler::DeclaredJob>{{"tidy-up", "every 1h", "UTC", scheduler::JobLock{30s, 5s}},
                                                {"heartbeat", "every 1s", "UTC", std::nullopt}});
    }
    scheduler::JobView seen() {
        for (auto& job : board.look().jobs)
            if (job.job == "tidy-up") return job;
        throw std::runtime_error("tidy-up is not on the board");
    }
    // As a node would that comes to the job now.
    scheduler::Term begin(const std::string& holder) {
        const scheduler::Term term{"tidy-up", holder};
        const auto now = seen();
        const auto answer = board.begin({term, 30s, now, std::nullopt, now.asked.has_value()});
        BOOST_REQUIRE(std::holds_alternative<scheduler::RunBegun>(answer));
        return term;
    }
    void remember(const std::string& outcome, const std::string& more = "NULL, NULL, NULL") {
        run(fmt::format(
            "INSERT INTO job_run (job, node, started_at, outcome, skip_reason, holder, detail) VALUES "
            "('tidy-up', 'n-1', UTC_TIMESTAMP(6), '{}', {})",
            outcome, more));
    }
    JobDetails tidyUp() { return std::get<JobDetails>(desk.job("tidy-up")); }
    scheduler::DeskList<JobRunDetails> history(const std::optional<std::string>& outcome = {},
                                               const DeskPage& page = {}) {
        return std::get<scheduler::DeskList<JobRunDetails>>(desk.history("tidy-up", outcome, page));
    }
    std::string audit() {
        return value("SELECT COALESCE(GROUP_CONCAT(CONCAT_WS(' ', actor, action, subject) ORDER BY id), '') "
                     "FROM audit_log");
    }

    scheduler::mysql::MysqlJobBoard board{database, "n-1"};
    scheduler::mysql::MysqlJobDesk desk{database};
};

JobOrdered ordered(const scheduler::JobAnswer& answer) { return std::get<JobOrdered>(answer); }

const OrderTerms kKim{.reason = "stock is counted", .actor = "admin:kim"};
const OrderTerms kLee{.reason = "me, too", .actor = "admin:lee"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(job_desk, JobsDatabase)

BOOST_AUTO_TEST_CASE(a_job_is_shown_as_declared_with_its_last_run_and_who_holds_its_lock) {
    run("INSERT INTO node (name, incarnation, roles, version, started_at, heartbeat) VALUES "
        "('n-1', 'i', 'api,jobs', '1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)), "
        "('n-2', 'i', 'jobs', '1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE), "
        "('n-3', 'i', 'api', '1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))");
    const auto all = desk.jobs();
    BOOST_TEST(all.jobs.size() == 2U);
    BOOST_TEST(all.runners == 1);
    BOOST_TEST(!all.jobs.at(0).lockAtMost); // heartbeat
    BOOST_TEST((tidyUp().lockAtMost.value() == 30s));
    BOOST_TEST((tidyUp().lockAtLeast.value() == 5s));
    BOOST_TEST(!tidyUp().last);

    const auto term = begin("n-1:7:u");
    const auto running = tidyUp();
    BOOST_TEST(running.holder == "n-1:7:u");
    BOOST_TEST(running.last.value().outcome == "RUNNING");
    BOOST_TEST(running.last->term.value() == "n-1:7:u");
    BOOST_TEST(!running.last->ended);
    board.end(term, 0ms, State::done);
    BOOST_TEST(tidyUp().holder.empty());
    BOOST_TEST(tidyUp().last->outcome == "DONE");
    BOOST_TEST(tidyUp().last->ended.has_value());
    // A run that the history has says more.
    run("INSERT INTO job_run (job, node, term, started_at, outcome, detail) VALUES "
        "('tidy-up', 'n-1', 'n-1:7:u', UTC_TIMESTAMP(6), 'DONE', 'all of it')");
    remember("SKIPPED");
    BOOST_TEST(tidyUp().last->detail.value() == "all of it");
}

BOOST_AUTO_TEST_CASE(an_unknown_job_is_refused_with_the_nearest_name) {
    BOOST_TEST(std::get<JobUnknown>(desk.job("tidy-op")).suggestion == "; did you mean tidy-up?");
    BOOST_TEST(std::get<JobUnknown>(desk.history("x", {}, {})).suggestion.empty());
    BOOST_TEST(std::get<JobUnknown>(desk.pause("tidyup", kKim)).suggestion == "; did you mean tidy-up?");
    BOOST_TEST(std::holds_alternative<JobUnknown>(desk.runNow("x", kKim)));
    BOOST_TEST(audit() == "");
}

BOOST_AUTO_TEST_CASE(a_pause_keeps_runs_from_beginning_until_it_is_lifted) {
    const auto paused = ordered(desk.pause("tidy-up", kKim));
    BOOST_TEST(paused.changed);
    BOOST_TEST(paused.job.pause.value().by == "admin:kim");
    BOOST_TEST(paused.job.pause->reason == "stock is counted");
    BOOST_TEST(value("SELECT CONCAT(action, ' ', JSON_VALUE(detail, '$.reason')) FROM audit_log WHERE id = " +
                     std::to_string(paused.order)) == "job.pause stock is counted");
    const auto answer = board.begin({{"tidy-up", "n-1:7:u"}, 30s, seen(), std::nullopt, false});
    BOOST_TEST(std::get<scheduler::JobPaused>(answer).pause.by == "admin:kim");

    const auto again = ordered(desk.pause("tidy-up", kLee)); // nothing to do, and it says who did it
    BOOST_TEST(!again.changed);
    BOOST_TEST(again.job.pause.value().by == "admin:kim");

    BOOST_TEST(ordered(desk.resume("tidy-up", kLee)).changed);
    BOOST_TEST(!tidyUp().pause);
    BOOST_TEST(!ordered(desk.resume("tidy-up", kLee)).changed);
    BOOST_TEST(audit() == "admin:kim job.pause tidy-up,admin:lee job.resume tidy-up");
    begin("n-1:7:u");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_ordered_is_followed_from_the_order_to_its_outcome) {
    const auto first = ordered(desk.runNow("tidy-up", kKim));
    BOOST_TEST(first.job.ask.value().by == "admin:kim");
    const auto same = ordered(desk.runNow("tidy-up", kLee)); // one run serves both
    BOOST_TEST(!same.changed);
    BOOST_TEST(same.order == first.order);
    BOOST_TEST((desk.ordered("tidy-up", first.order).value().state == OrderedRun::State::waiting));

    const auto term = begin("n-1:7:u");
    const auto running = desk.ordered("tidy-up", first.order).value();
    BOOST_TEST((running.state == OrderedRun::State::running));
    BOOST_TEST(running.run.value().node == "n-1");
    BOOST_TEST(!tidyUp().ask);

    // Ended, and not yet in the history: its detail may still come.
    board.end(term, 0ms, State::failed);
    BOOST_TEST((desk.ordered("tidy-up", first.order).value().state == OrderedRun::State::running));
    run("INSERT INTO job_run (job, node, term, started_at, outcome, detail, asked_at, asked_by) SELECT "
        "job, node, term, started_at, outcome, 'no disk', asked_at, asked_by FROM job_control WHERE job = 'tidy-up'");
    const auto ended = desk.ordered("tidy-up", first.order).value();
    BOOST_TEST((ended.state == OrderedRun::State::ended));
    BOOST_TEST(ended.run.value().outcome == "FAILED");
    BOOST_TEST(ended.run->detail.value() == "no disk");
    BOOST_TEST(ended.run->askedBy.value() == "admin:kim");

    // The next order is another one, and later runs do not change what became of this.
    const auto second = ordered(desk.runNow("tidy-up", kLee));
    BOOST_TEST(second.order != first.order);
    board.end(begin("n-1:7:v"), 0ms, State::done);
    BOOST_TEST(desk.ordered("tidy-up", first.order).value().run.value().outcome == "FAILED");
    BOOST_TEST(!desk.ordered("tidy-up", second.order + 1));
    BOOST_TEST(!desk.ordered("heartbeat", first.order));
}

BOOST_AUTO_TEST_CASE(an_ordered_run_whose_node_died_has_ended_as_lost_when_the_next_begins) {
    const auto order = ordered(desk.runNow("tidy-up", kKim)).order;
    begin("n-1:7:u");
    run("UPDATE shedlock SET lock_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND");
    BOOST_TEST((desk.ordered("tidy-up", order).value().state == OrderedRun::State::running));
    begin("n-2:8:v");
    const auto lost = desk.ordered("tidy-up", order).value();
    BOOST_TEST((lost.state == OrderedRun::State::ended));
    BOOST_TEST(lost.run.value().outcome == "LOST");
    BOOST_TEST(lost.run->term.value() == "n-1:7:u");
    BOOST_TEST(lost.run->askedBy.value() == "admin:kim");
}

BOOST_AUTO_TEST_CASE(a_run_without_a_line_in_the_history_has_ended_as_the_board_says) {
    const auto order = ordered(desk.runNow("tidy-up", kKim)).order;
    board.end(begin("n-1:7:u"), 0ms, State::done);
    run("UPDATE job_control SET ended_at = ended_at - INTERVAL 1 MINUTE");
    const auto ended = desk.ordered("tidy-up", order).value();
    BOOST_TEST((ended.state == OrderedRun::State::ended));
    BOOST_TEST(ended.run.value().outcome == "DONE");
}

BOOST_AUTO_TEST_CASE(a_paused_job_runs_when_it_is_ordered) {
    desk.pause("tidy-up", kKim);
    desk.runNow("tidy-up", kKim);
    begin("n-1:7:u");
    BOOST_TEST(tidyUp().pause.has_value());
    BOOST_TEST(tidyUp().last.value().outcome == "RUNNING");
}

BOOST_AUTO_TEST_CASE(what_each_node_runs_for_itself_cannot_be_ordered) {
    for (const auto& answer :
         {desk.pause("heartbeat", kKim), desk.resume("heartbeat", kKim), desk.runNow("heartbeat", kKim)})
        BOOST_TEST(std::holds_alternative<JobOfEveryNode>(answer));
    BOOST_TEST(audit() == "");
}

BOOST_AUTO_TEST_CASE(the_history_comes_newest_first_in_pages_and_by_outcome) {
    for (int i = 0; i < 5; ++i) remember("DONE");
    remember("SKIPPED", "'HELD_ELSEWHERE', 'n-2:8:v', NULL");
    remember("LOST", "NULL, NULL, 'its lease ran out'");
    const auto first = history({}, {.limit = 3});
    BOOST_TEST(first.items.at(0).outcome == "LOST");
    BOOST_TEST(first.items.at(0).detail.value() == "its lease ran out");
    BOOST_TEST(first.items.at(1).skipReason.value() == "HELD_ELSEWHERE");
    BOOST_TEST(first.items.at(1).holder.value() == "n-2:8:v");
    const auto second = history({}, {.limit = 4, .after = first.next});
    BOOST_TEST(second.items.size() == 4U);
    BOOST_TEST(second.items.at(0).id < first.items.at(2).id);
    BOOST_TEST(!second.next);
    BOOST_TEST(history("SKIPPED").items.size() == 1U);
    BOOST_TEST(history("FAILED").items.empty());
    BOOST_TEST(std::get<scheduler::DeskList<JobRunDetails>>(desk.history("heartbeat", {}, {})).items.empty());
}

BOOST_AUTO_TEST_SUITE_END()
