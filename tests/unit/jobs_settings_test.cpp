// The jobs in the configuration, and what check-config says of them.
#include "daemon/configuration.hpp"
#include "daemon/jobs_text.hpp"
#include "scheduler/schedule_text.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace outboxd;
using namespace std::chrono_literals;
using Misfire = scheduler::Schedule::Misfire;

namespace {

testing::TemporaryFolder folder;

std::unique_ptr<daemon::Configuration> configured(const std::string& jobs,
                                                  const config::Environment& environment = {}) {
    return std::make_unique<daemon::Configuration>(folder.write("o.yaml", "jobs:\n  " + jobs + "\n"),
                                                   environment);
}

// The one mistake.
std::string mistake(const std::string& jobs) {
    const auto found = configured(jobs)->mistakes();
    BOOST_TEST_REQUIRE(found.size() == 1u, jobs);
    BOOST_TEST(found.front().where.find("o.yaml:2:") != std::string::npos);
    return found.front().what;
}

void says(const std::string& jobs, const std::string& what) {
    const auto said = mistake(jobs);
    BOOST_TEST(said.find(what) != std::string::npos, said);
}

} // namespace

BOOST_AUTO_TEST_SUITE(jobs_settings)

BOOST_AUTO_TEST_CASE(a_job_keeps_what_is_not_written) {
    const auto configuration = configured("order-expiry: {schedule: after 5s, lock_at_most: 1m}");
    BOOST_TEST(configuration->mistakes().empty());
    const auto& job = configuration->settings().jobs.of("order-expiry");
    BOOST_TEST(scheduler::scheduleText(job.schedule) == "after 5s");
    BOOST_TEST((job.schedule.initialDelay == 2s));
    BOOST_TEST((job.timeout == 5min));
    BOOST_TEST((job.lock->atMost == 1min));
    BOOST_TEST(job.enabled);
}

BOOST_AUTO_TEST_CASE(every_field_is_taken) {
    const auto configuration =
        configured("top5-warm: {schedule: '0 3 * * MON', zone: Europe/Berlin, initial_delay: 1s, "
                   "jitter: 5m, misfire: skip, timeout: 2m, lock_at_most: 1m, lock_at_least: 10s, "
                   "enabled: false}");
    BOOST_TEST(configuration->mistakes().empty());
    const auto& job = configuration->settings().jobs.of("top5-warm");
    BOOST_TEST(job.schedule.cron->text() == "0 3 * * MON");
    BOOST_TEST(job.schedule.zone == "Europe/Berlin");
    BOOST_TEST((job.schedule.jitter == 5min));
    BOOST_TEST((job.schedule.misfire == Misfire::skip));
    BOOST_TEST((job.timeout == 2min));
    BOOST_TEST((job.lock->atLeast == 10s));
    BOOST_TEST(!job.enabled);
}

BOOST_AUTO_TEST_CASE(a_variable_holds_a_record_as_the_file_does) {
    const auto configuration = configured("order-expiry: {timeout: 1m}",
                                          {{"OUTBOXD_JOBS_ORDER_EXPIRY", "{schedule: '0,30 3 1,15 * *'}"}});
    BOOST_TEST(configuration->mistakes().empty());
    BOOST_TEST(scheduler::scheduleText(configuration->settings().jobs.of("order-expiry").schedule) ==
               "0,30 3 1,15 * *");
    BOOST_TEST((configuration->settings().jobs.of("order-expiry").timeout == 1min));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_field_and_what_to_write) {
    says("order-expiri: {schedule: after 5s}", "jobs.order-expiry");
    says("order-expiry: {shedule: after 5s}", "schedule");
    says("order-expiry: {schedule: sometimes}", "schedule: the cron expression 'sometimes' cannot be read");
    says("order-expiry: {schedule: every 5}", "write 'every 1h'");
    says("order-expiry: {schedule: after 1ms}", "write 10ms or more");
    says("order-expiry: {schedule: '0 0 30 2 *'}", "no date ever satisfies it");
    says("order-expiry: {schedule: '@daily', zone: Europe/Atlantis}", "Europe/Atlantis");
    says("order-expiry: {zone: Europe/Berlin}", "for cron expressions");
    says("order-expiry: {lock_at_most: 1s}", "lock_at_most: 1s is out of range; write 2s to 1d");
    says("order-expiry: {lock_at_least: 1m}", "lock_at_least: 1m is more than lock_at_most (30s)");
    says("order-expiry: {timeout: 0s}", "timeout: 0s is out of range");
    says("order-expiry: {jitter: 5}", "jitter: '5'");
    says("order-expiry: {misfire: perhaps}", "write skip or run");
    says("order-expiry: {enabled: maybe}", "write false or true");
    says("order-expiry: after 5s", "expected lines");
    says("outbox-backlog: {lock_at_most: 30s}", "runs on every node");
    says("node-heartbeat: {schedule: every 3s}", "for dead");
    says("node-heartbeat: {enabled: false}", "for dead");
}

BOOST_AUTO_TEST_CASE(the_defaults_are_sound) {
    daemon::Settings settings;
    std::set<std::string> variables;
    for (const auto& name : daemon::describe(settings).names())
        BOOST_TEST(variables.insert(config::variableFor(name)).second,
                   name << " shares its variable with another");
    BOOST_TEST(settings.jobs.byName.size() == daemon::jobDescriptions().size());
    for (const auto& [name, job] : settings.jobs.byName) {
        scheduler::requireSound(job.schedule);
        BOOST_TEST(name.size() <= 64u);
    }
}

BOOST_AUTO_TEST_CASE(check_config_says_each_job_in_words_with_its_next_runs) {
    const auto configuration =
        configured("outbox-retention: {schedule: '30 2 * * *', zone: Europe/Berlin, lock_at_least: 20s}\n"
                   "  coupon-drain: {enabled: false}");
    BOOST_REQUIRE(configuration->mistakes().empty());
    const auto text =
        daemon::jobsText(configuration->settings(), core::fromRfc3339("2026-03-28T00:00:00Z").value());
    const auto has = [&](const std::string& part) {
        BOOST_TEST(text.find(part) != std::string::npos, part << " in\n" << text);
    };
    has("  order-expiry: a second after the end of the run before; lock 30s, time limit 5m\n");
    has("  outbox-retention: at 02:30 every day (Europe/Berlin); lock 30s, kept for 20s at least, time limit 1h; missed: "
        "passed over\n");
    has("    next: 2026-03-28 02:30:00 CET, 2026-03-29 03:00:00 CEST, 2026-03-30 02:30:00 CEST");
    has("when clocks change it runs once");
    has("  coupon-drain: off\n");
    has("  payment-recovery: not on this node; it needs role jobs and gateway.url\n");
    has("  node-heartbeat: every second; on every node, without a lock");
    has("  top5-warm: every hour; lock 30s, time limit 1m; missed: made good once\n");
}

BOOST_AUTO_TEST_SUITE_END()
