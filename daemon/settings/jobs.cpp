#include "daemon/settings/jobs.hpp"

#include "daemon/settings.hpp"
#include "platform/config/records.hpp"
#include "platform/core/error.hpp"
#include "scheduler/schedule_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace outboxd::daemon {

using scheduler::JobLock;
using scheduler::Schedule;
using Misfire = Schedule::Misfire;

namespace {

constexpr Duration kLease = 30s;
constexpr std::string_view kHeartbeat = "node-heartbeat";
constexpr Duration kLongestHeartbeat = 2s; // nodes silent for 5 s count as gone

bool everywhere(const Settings&) { return true; }
bool relays(const Settings& settings) { return settings.roles.contains(Role::relay); }
bool runsJobs(const Settings& settings) { return settings.roles.contains(Role::jobs); }
bool consumes(const Settings& settings) { return settings.roles.contains(Role::consumers); }
bool runsJobsAndConsumes(const Settings& settings) { return runsJobs(settings) && consumes(settings); }
bool hasRedis(const Settings& settings) { return runsJobs(settings) && settings.redis.enabled; }
bool hasGateway(const Settings& settings) { return runsJobs(settings) && !settings.gateway.url.empty(); }

const std::array kJobs{
    JobDescription{.name = kHeartbeat,
                   .does = "Says that this node lives, at least every 2s; nodes silent for 5s count as gone.",
                   .schedule = "every 1s",
                   .locked = false,
                   .timeout = 30s,
                   .needs = "",
                   .here = everywhere},
    JobDescription{.name = "durability-check",
                   .does = "Looks whether the servers are set up so that the promises hold.",
                   .schedule = "after 10m",
                   .locked = false,
                   .needs = "",
                   .here = everywhere},
    JobDescription{.name = "outbox-backlog",
                   .does = "Counts what waits in the outbox, for metrics and readiness.",
                   .schedule = "after 10s",
                   .locked = false,
                   .timeout = 1min,
                   .needs = "role relay",
                   .here = relays},
    JobDescription{.name = "topic-changes",
                   .does = "Takes pauses and repartitions of topics to their next step.",
                   .schedule = "after 1s",
                   .timeout = 1min,
                   .needs = "role relay",
                   .here = relays},
    JobDescription{
        .name = "topic-care",
        .does =
            "Pauses topics that wait for a person, so that others go on, and resumes them once they are ready.",
        .schedule = "after 5s",
        .locked = false,
        .timeout = 1min,
        .needs = "role relay",
        .here = relays},
    JobDescription{.name = "dead-letter-figures",
                   .does = "Counts the dead letters, for metrics.",
                   .schedule = "after 10s",
                   .locked = false,
                   .timeout = 1min,
                   .needs = "role consumers",
                   .here = consumes},
    JobDescription{.name = "dead-letter-retry",
                   .does = "Tries dead letters again whose time has come.",
                   .schedule = "after 2s",
                   .initialDelay = 2s,
                   .timeout = 15min,
                   .needs = "roles jobs and consumers",
                   .here = runsJobsAndConsumes},
    JobDescription{.name = "processed-retention",
                   .does = "Forgets which events had their effect, as `consumers.retention` says.",
                   .schedule = "after 1h",
                   .initialDelay = 2min,
                   .timeout = 30min,
                   .needs = "role consumers",
                   .here = consumes},
    JobDescription{.name = "history-retention",
                   .does = "Removes old runs from the history, as `jobs.history` says.",
                   .schedule = "after 1h",
                   .initialDelay = 1min,
                   .timeout = 30min,
                   .here = runsJobs},
    JobDescription{.name = "outbox-retention",
                   .does = "Removes events that were sent long ago, as `outbox.retention` says.",
                   .schedule = "after 1m",
                   .initialDelay = 10s,
                   .timeout = 1h,
                   .here = runsJobs},
    JobDescription{.name = "idempotency-retention",
                   .does = "Removes answers kept for Idempotency-Keys whose time is over.",
                   .schedule = "after 10m",
                   .initialDelay = 30s,
                   .timeout = 10min,
                   .here = runsJobs},
    JobDescription{.name = "order-expiry",
                   .does = "Ends orders that were not paid in time; they hold their stock so much longer.",
                   .schedule = "after 1s",
                   .initialDelay = 2s,
                   .here = runsJobs},
    JobDescription{.name = "coupon-drain",
                   .does = "Decides the claims that wait for a coupon; nobody hears a verdict sooner.",
                   .schedule = "after 1s",
                   .here = runsJobs},
    JobDescription{.name = "coupon-filter",
                   .does = "Keeps Redis told which coupons are sold out.",
                   .schedule = "after 2s",
                   .initialDelay = 1s,
                   .timeout = 2min,
                   .needs = "role jobs and redis.enabled",
                   .here = hasRedis},
    JobDescription{.name = "payment-recovery",
                   .does = "Asks the gateway about payments and refunds without an answer.",
                   .schedule = "after 1s",
                   .initialDelay = 1s,
                   .timeout = 10min,
                   .needs = "role jobs and gateway.url",
                   .here = hasGateway},
    JobDescription{.name = "reconcile",
                   .does = "Asks for a run of the reconciliation, which repairs as `reconcile.repair` says.",
                   .schedule = "40 3 * * *",
                   .misfire = Misfire::run,
                   .here = runsJobs},
    JobDescription{.name = "reconcile-runs",
                   .does = "Makes the runs of the reconciliation that wait, one at a time.",
                   .schedule = "after 1s",
                   .timeout = 12h,
                   .here = runsJobs},
    JobDescription{.name = "reconcile-figures",
                   .does = "Reads what the last reconciliation came to, for metrics.",
                   .schedule = "after 30s",
                   .locked = false,
                   .timeout = 1min,
                   .here = runsJobs},
    JobDescription{.name = "top5-warm",
                   .does = "Writes the best sellers to Redis, where they expire after 90m.",
                   .schedule = "every 1h",
                   .initialDelay = 2s,
                   .timeout = 1min,
                   .misfire = Misfire::run,
                   .needs = "role jobs and redis.enabled",
                   .here = hasRedis},
};

const std::vector<std::string> kFields{"schedule", "zone",         "initial_delay", "jitter", "misfire",
                                       "timeout",  "lock_at_most", "lock_at_least", "enabled"};

Duration inMilliseconds(std::chrono::microseconds time) { return std::chrono::duration_cast<Duration>(time); }

config::Fields fieldsOf(const JobSettings& job) {
    using config::formatDuration;
    const auto& schedule = job.schedule;
    config::Fields fields{{"schedule", scheduleText(schedule)}};
    if (schedule.zone != "UTC") fields.emplace_back("zone", schedule.zone);
    const auto unlessZero = [&](const char* name, std::chrono::microseconds time) {
        if (time != 0s) fields.emplace_back(name, formatDuration(inMilliseconds(time)));
    };
    unlessZero("initial_delay", schedule.initialDelay);
    unlessZero("jitter", schedule.jitter);
    if (schedule.misfire == Misfire::run) fields.emplace_back("misfire", "run");
    fields.emplace_back("timeout", formatDuration(job.timeout));
    if (job.lock) {
        fields.emplace_back("lock_at_most", formatDuration(job.lock->atMost));
        unlessZero("lock_at_least", job.lock->atLeast);
    }
    if (!job.enabled) fields.emplace_back("enabled", "false");
    return fields;
}

// Takes the fields of one job, or says what is wrong with them.
class JobReader {
public:
    using Given = std::map<std::string, std::string>;

    JobReader(const JobDescription& description, const JobSettings& job, const Given& given)
        : description_(description), job_(job), given_(given) {}

    config::Problem read(JobSettings& into) {
        readSchedule();
        readLock();
        job_.schedule.initialDelay = time("initial_delay", inMilliseconds(job_.schedule.initialDelay), 0s);
        job_.schedule.jitter = time("jitter", inMilliseconds(job_.schedule.jitter), 0s);
        job_.timeout = time("timeout", job_.timeout, 1s);
        job_.schedule.misfire = word("misfire", "skip", "run", job_.schedule.misfire == Misfire::run)
                                    ? Misfire::run
                                    : Misfire::skip;
        job_.enabled = word("enabled", "false", "true", job_.enabled);
        if (description_.name == kHeartbeat) requireHeartbeat();
        if (!problem_) into = job_;
        return problem_;
    }

private:
    const std::string* given(const char* name) const {
        const auto found = given_.find(name);
        return found == given_.end() ? nullptr : &found->second;
    }
    void wrong(const std::string& field, const std::string& what) {
        if (!problem_) problem_ = field + ": " + what;
    }

    void readSchedule() {
        const auto* text = given("schedule");
        const auto* zone = given("zone");
        const auto name = zone ? *zone : job_.schedule.zone;
        try {
            scheduler::timeZone(name);
        } catch (const core::Error& error) {
            return wrong("zone", fmt::format("{}; {}", error.what(), error.hint()));
        }
        const auto old = job_.schedule;
        try {
            job_.schedule = scheduler::parseSchedule(text ? *text : scheduleText(old), name);
        } catch (const core::Error& error) {
            return wrong("schedule", fmt::format("{}; {}", error.what(), error.hint()));
        }
        job_.schedule.initialDelay = old.initialDelay;
        job_.schedule.jitter = old.jitter;
        job_.schedule.misfire = old.misfire;
        const bool interval = job_.schedule.kind != Schedule::Kind::cron;
        if (interval && job_.schedule.interval < 10ms)
            wrong("schedule",
                  fmt::format("'{}' is too often; write 10ms or more", scheduleText(job_.schedule)));
        if (interval && zone && *zone != "UTC")
            wrong("zone", "is for cron expressions; leave it out, or write one as `schedule`");
    }

    void readLock() {
        if (!description_.locked) {
            for (const auto* name : {"lock_at_most", "lock_at_least", "misfire"})
                if (given(name))
                    wrong(name, "this job runs on every node for itself, without a lock; leave it out");
            return;
        }
        auto& lock = job_.lock.value();
        lock.atMost =
            time("lock_at_most", lock.atMost, 2s,
                 "; it is renewed while the job runs, and one slow statement would lose a shorter one");
        lock.atLeast = time("lock_at_least", lock.atLeast, 0s);
        if (lock.atLeast > lock.atMost)
            wrong("lock_at_least",
                  fmt::format("{} is more than lock_at_most ({}); raise that, or write less",
                              config::formatDuration(lock.atLeast), config::formatDuration(lock.atMost)));
    }

    Duration time(const char* name, Duration now, Duration least, const char* why = "") {
        const auto* text = given(name);
        if (!text) return now;
        const auto parsed = config::parseDuration(*text);
        if (const auto* bad = std::get_if<config::Unreadable>(&parsed)) {
            wrong(name, fmt::format("'{}' {}", *text, bad->why));
            return now;
        }
        const auto found = std::get<Duration>(parsed);
        if (found < least || found > 24h)
            wrong(name, fmt::format("{} is out of range; write {} to 1d{}", *text,
                                    config::formatDuration(least), why));
        return found;
    }

    bool word(const char* name, std::string_view no, std::string_view yes, bool now) {
        const auto* text = given(name);
        if (!text) return now;
        if (*text != no && *text != yes)
            wrong(name, fmt::format("'{}' is not known; write {} or {}", *text, no, yes));
        return *text == yes;
    }

    void requireHeartbeat() {
        const bool often = job_.schedule.kind != Schedule::Kind::cron &&
                           job_.schedule.interval <= kLongestHeartbeat && job_.schedule.jitter == 0s &&
                           job_.schedule.initialDelay == 0s;
        if (!often)
            wrong(
                "schedule",
                "other nodes would take this one for dead; write every 2s or less, without jitter or delay");
        if (!job_.enabled) wrong("enabled", "other nodes would take this one for dead; leave it out");
    }

    const JobDescription& description_;
    JobSettings job_;
    const Given& given_;
    config::Problem problem_;
};

} // namespace

std::span<const JobDescription> jobDescriptions() { return kJobs; }

const JobDescription& jobDescription(std::string_view name) {
    const auto found = std::ranges::find(kJobs, name, &JobDescription::name);
    if (found == kJobs.end())
        throw core::Error(core::ErrorKind::internal,
                          fmt::format("daemon/settings/jobs.cpp has no job '{}'", name));
    return *found;
}

std::map<std::string, JobSettings, std::less<>> defaultJobs() {
    std::map<std::string, JobSettings, std::less<>> jobs;
    for (const auto& description : kJobs) {
        auto& job = jobs[std::string{description.name}];
        job.schedule = scheduler::parseSchedule(description.schedule, "UTC");
        job.schedule.initialDelay = description.initialDelay;
        job.schedule.misfire = description.misfire;
        job.timeout = description.timeout;
        if (description.locked) job.lock = JobLock{kLease, 0s};
    }
    return jobs;
}

void describeJobs(config::Schema& schema, JobsSettings& jobs) {
    schema.section(
        "jobs",
        "The schedule: each job by its name, with those of its fields that shall be different. `schedule`: `every 1h` "
        "counts from the planned times, `after 10s` from the end of the last run by any node, anything else is a cron "
        "expression of five or six fields in the time zone `zone`, with MON, JAN, L, W, # and @daily; quote it. "
        "`initial_delay`: not before so long after a node's start. `jitter`: each run begins by up to so much later. "
        "`misfire`: whether a planned time that nobody could begin within a minute, since all nodes were away or the job "
        "was paused, is passed over (`skip`) or made good once (`run`). `timeout`: then a run is cancelled. "
        "`lock_at_most`: after so long without a sign of life of the node that runs it another may. `lock_at_least`: not "
        "again before so long after its begin, on any node. `enabled: false`: this node does not run it. A field that is "
        "not named here keeps its default; `zone` is UTC, `misfire` skip, the others 0. `outboxd check-config` says each "
        "schedule in words, with the next runs.");
    schema.add("history", config::integer(jobs.historyRetention, 1, 3650, "days"), config::Reload::restart,
               "Runs of jobs that are older leave the history; the last of each job stays.");
    for (const auto& description : kJobs) {
        auto& job = jobs.byName.find(description.name)->second;
        schema.add(std::string{description.name},
                   config::record(
                       "job", kFields, [&job] { return fieldsOf(job); },
                       [&job, &description](const JobReader::Given& given) {
                           return JobReader(description, job, given).read(job);
                       }),
                   config::Reload::restart, std::string{description.does});
    }
}

} // namespace outboxd::daemon
