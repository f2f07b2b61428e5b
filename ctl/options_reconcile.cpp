#include "ctl/option_tree.hpp"

namespace outboxd::ctl {

void addReconcile(OptionTree& tree) {
    auto& options = tree.options;
    auto& reconcile = tree.group(tree.app, "reconcile", "Look whether the books agree, and repair them");
    reconcile.add_option("--check", options.checks, "This check alone; may be given again")
        ->type_name("CHECK");
    reconcile.add_flag("--repair", options.repair, "Repair what has one right answer");
    reconcile.add_flag("--dry-run", options.dryRun,
                       "Say of each finding what a repair would do, and do nothing");
    reconcile.add_flag("-y,--yes", options.yes, "Repair without asking");
    reconcile.add_flag("--wait", options.wait,
                       "Return when the run has ended, with what it found; 1 if that is not repaired");
    reconcile.add_option("--reason", options.reason, "For the audit log")->type_name("TEXT");
    tree.paged(tree.leaf(reconcile, "list", "The runs, newest first", Command::reconcile_list));
    auto& show = tree.leaf(reconcile, "show", "One run and what it found", Command::reconcile_show);
    show.add_option("run", options.id, "The run; else the last one")
        ->type_name("RUN")
        ->check(CLI::PositiveNumber);
    tree.paged(show);
    auto& cancel = tree.leaf(reconcile, "cancel", "End a run at its next step", Command::reconcile_cancel);
    cancel.add_option("run", options.id, "The run")->required()->type_name("RUN")->check(CLI::PositiveNumber);
    tree.command(reconcile, Command::reconcile);
}

} // namespace outboxd::ctl
