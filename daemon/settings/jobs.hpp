// Settings of the jobs: when each one runs, and under which lock. What they are without settings stands in one table, in
// jobs.cpp; what they do, in daemon/jobs/.
#pragma once

#include "daemon/settings/duration.hpp"
#include "platform/config/schema.hpp"
#include "scheduler/job.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace outboxd::daemon {

struct Settings;

struct JobSettings {
    bool enabled = true;
    scheduler::Schedule schedule = {};
    Duration timeout = 5min;
    std::optional<scheduler::JobLock> lock = {}; // empty: runs on every node
};

// A row of the table.
struct JobDescription {
    std::string_view name;
    std::string_view does;     // one sentence
    std::string_view schedule; // as schedule_text.hpp
    bool locked = true;        // one node at a time
    Duration initialDelay = 0s;
    Duration timeout = 5min;
    scheduler::Schedule::Misfire misfire = scheduler::Schedule::Misfire::skip;
    std::string_view needs = "role jobs"; // what `here` asks for, in words
    bool (*here)(const Settings&);        // whether a node with these settings can run it
};
std::span<const JobDescription> jobDescriptions();
// Throws Error(internal) if the table has none of that name.
const JobDescription& jobDescription(std::string_view name);

std::map<std::string, JobSettings, std::less<>> defaultJobs();

struct JobsSettings {
    std::map<std::string, JobSettings, std::less<>> byName = defaultJobs(); // all of the table
    int historyRetention = 30;                                              // days

    const JobSettings& of(std::string_view name) const { return byName.find(name)->second; }
};

// `jobs` must not move and must outlive the schema.
void describeJobs(config::Schema& schema, JobsSettings& jobs);

} // namespace outboxd::daemon
