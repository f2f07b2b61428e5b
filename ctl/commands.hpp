// What outboxctl does: asks a node, and shows what it says.
#pragma once

#include "ctl/node.hpp"
#include "ctl/table.hpp"

#include <ostream>

namespace outboxd::ctl {

// Where the answer goes, and whether a person can be asked.
struct Terminal {
    std::ostream& out;
    std::ostream& errors;
    bool person = false; // somebody sits at the input
    std::istream& in;
};

ExitCode run(const Options& options, Node& node, Terminal& terminal);

// Orders: says what they would do, asks, gives them, and waits for their end if that is wanted.
ExitCode order(const Options& options, Node& node, Terminal& terminal);
ExitCode showOrder(const Options& options, Node& node, Terminal& terminal, std::int64_t id);

// Jobs: what is known of them, and orders, which are carried out without asking.
ExitCode jobs(const Options& options, Node& node, Terminal& terminal);

// Dead letters: lists, and orders as above, which the node carries out before it answers.
ExitCode deadLetters(const Options& options, Node& node, Terminal& terminal);

// The reconciliation: runs, and what they found.
ExitCode reconcile(const Options& options, Node& node, Terminal& terminal);

// ---- shared by the commands ----

// What is shown of a list, and which page of it.
struct View {
    std::string path;
    Node::Query query;
    std::vector<Column> columns;
    std::string empty; // what to say when there is nothing
};
ExitCode showList(const View& view, const Options& options, Node& node, Terminal& terminal);
ExitCode failed(const Failure& failure, Terminal& terminal);
// Asks the person at the terminal.
bool confirmed(const std::string& what, Terminal& terminal);

} // namespace outboxd::ctl
