#include "ctl/option_tree.hpp"

namespace outboxd::ctl {

void addJobs(OptionTree& tree) {
    auto& options = tree.options;
    auto& jobs = tree.group(tree.app, "jobs", "Jobs: schedules, runs, pauses");
    const auto named = [&](const char* name, const char* what, Command command) -> CLI::App& {
        auto& leaf = tree.leaf(jobs, name, what, command);
        leaf.add_option("job", options.job, "Its name")->required()->type_name("JOB");
        return leaf;
    };
    const auto reasoned = [&](CLI::App& leaf) -> CLI::Option* {
        return leaf.add_option("--reason", options.reason, "For the audit log")->type_name("TEXT");
    };
    tree.leaf(jobs, "list", "All jobs: when they run, and how their last runs went", Command::jobs_list);
    named("show", "One job, with its next ten runs", Command::jobs_show);
    auto& history = named("history", "The runs of a job, newest first", Command::jobs_history);
    history
        .add_option("--outcome", options.outcome,
                    "Only these: RUNNING, DONE, FAILED, LOST, CANCELLED or SKIPPED")
        ->type_name("OUTCOME");
    tree.paged(history);
    reasoned(named("pause", "Keep a job from beginning runs, on all nodes", Command::jobs_pause))
        ->required()
        ->description("Why; whoever finds the job paused reads it");
    reasoned(named("resume", "Let a paused job run again", Command::jobs_resume));
    auto& run = named("run", "Run a job as soon as a node comes to it", Command::jobs_run);
    reasoned(run);
    run.add_flag("--wait", options.wait, "Return when that run has ended; 1 unless it is DONE");
}

} // namespace outboxd::ctl
