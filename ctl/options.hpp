// The command line of outboxctl.
#pragma once

#include "ctl/exit_code.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace outboxd::ctl {

enum class Command {
    status,
    outbox_list,
    outbox_show,
    outbox_redrive,
    outbox_discard,
    outbox_republish,
    topic_list,
    topic_pause,
    topic_resume,
    topic_repartition,
    nodes,
    leases,
    audit,
    orders_show,
    letters_list,
    letters_groups,
    letters_show,
    letters_retry,
    letters_discard,
    jobs_list,
    jobs_show,
    jobs_history,
    jobs_pause,
    jobs_resume,
    jobs_run,
    reconcile,
    reconcile_list,
    reconcile_show,
    reconcile_cancel,
    completion,
};

// Which held keys or events; a text that is empty was not given.
struct Selection {
    std::vector<std::int64_t> ids;
    std::string key, type, aggregateType, error, since;
    bool all = false;

    bool filters() const {
        return !type.empty() || !aggregateType.empty() || !error.empty() || !since.empty();
    }
};

struct Options {
    Command command = Command::status;
    std::string url = "http://127.0.0.1:8081";
    std::string tokenFile, caFile;
    std::string operatorName; // for the audit log; empty: user and host
    bool json = false, yes = false, dryRun = false, wait = false;
    std::string timeout = "30s";

    Selection selection;
    bool wholeKeys = false, grow = false;
    std::optional<int> rate;
    std::string reason, topic, from, to, action, cursor;
    std::vector<std::string> types, aggregateTypes;
    int partitions = 0, limit = 50;
    std::string job, outcome;
    std::string listener, state, fingerprint; // of dead letters
    std::vector<std::string> checks;
    bool repair = false;
    std::int64_t id = 0;
};

// The command line was no order to do anything: help was asked for, or it is wrong.
struct Answer {
    ExitCode code;
    std::string text; // for stdout when code is ok, else for stderr
};

// `arguments`: without the program's name. Does not throw.
std::variant<Options, Answer> parseOptions(const std::vector<std::string>& arguments,
                                           const std::map<std::string, std::string>& environment);

// The words for bash to complete.
std::string bashCompletion();

} // namespace outboxd::ctl
