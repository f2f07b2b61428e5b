// One of our nodes, for interop_test.py: takes locks as the daemon's jobs do and signs in and out while it holds them. Told
// what to do a line at a time, and answers each with a line; times in milliseconds. Contender.java speaks the same.
//
//   contend LOCK TURNS             runs a job under the lock until it had so many turns by all; "TURNS REFUSALS", its own
//   take LOCK AT-MOST AT-LEAST     once: "taken", and signed in, or "refused"
//   release                        signs out and unlocks: "released"
//   intrude LOCK                   signs in and out without asking for the lock: "intruded"
#include "platform/core/clock.hpp"
#include "scheduler/job_runner.hpp"
#include "scheduler/mysql/fence.hpp"
#include "scheduler/mysql/job_board.hpp"
#include "scheduler/mysql/lock_store.hpp"
#include "tests/interop/presence.hpp"
#include "tests/support/job_stage.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

namespace outboxd::interop {
namespace {

using std::chrono::milliseconds;

database::ConnectionSettings connection(std::span<char* const> arguments) {
    database::ConnectionSettings settings;
    settings.host = arguments[1];
    settings.port = static_cast<unsigned>(std::stoul(arguments[2]));
    settings.user = arguments[3];
    std::ifstream{arguments[4]} >> settings.password;
    settings.schema = arguments[5];
    return settings;
}

class Contender {
public:
    Contender(const database::ConnectionSettings& settings, std::string name)
        : name_(std::move(name)), pool_(settings, {.sessions = 4, .wait = milliseconds{60000}}, clock_) {}

    std::string obey(std::istream& words) {
        std::string verb, lock;
        words >> verb >> lock;
        std::int64_t first = 0, second = 0;
        words >> first >> second;
        if (verb == "contend") return contend(lock, first);
        if (verb == "take") return take(lock, milliseconds{first}, milliseconds{second});
        if (verb == "release") return release();
        if (verb == "intrude") return intrude(lock);
        return "what?";
    }

private:
    // The random lock-at-least makes all of them wait for the same moment, so that who releases has no advantage.
    std::string contend(const std::string& lock, std::int64_t goal) {
        std::int64_t own = 0, refused = 0;
        bool over = false;
        scheduler::Job job{.name = lock};
        job.lock = scheduler::JobLock{.atMost = std::chrono::minutes{1}, .atLeast = {}};
        board_.declare(std::array{scheduler::DeclaredJob{lock, "after 1ms", "UTC", job.lock}});
        scheduler::JobRunner runner(job, environment_);
        while (!over) {
            const milliseconds atLeast{upTo2_(dice_)};
            job.lock->atLeast = atLeast;
            job.work = [&](const scheduler::JobContext& context) { over = !turn(context, goal, atLeast); };
            const auto view = board_.look();
            runner.learn(*std::ranges::find(view.jobs, lock, &scheduler::JobView::job));
            const auto run = runner.runOnce({}, {.planned = view.now}, view.now);
            switch (run.outcome) {
            case scheduler::JobRun::Outcome::done: own += over ? 0 : 1; break;
            case scheduler::JobRun::Outcome::skipped: ++refused; break;
            default: return "failed: " + run.detail;
            }
        }
        return std::to_string(own) + " " + std::to_string(refused);
    }

    // False if all turns were had.
    bool turn(const scheduler::JobContext& context, std::int64_t goal, milliseconds atLeast) {
        const auto session = database_.session();
        const auto before = turnsHad(*session, context.term->lock);
        if (before >= goal) return false;
        const auto visit = enter(*session, context.term->lock, before, atLeast.count());
        database_.transact([&](database::Session& inside) {
            leave(inside, visit);
            scheduler::mysql::requireTerm(inside, *context.term);
            return true;
        });
        return true;
    }

    std::string take(const std::string& lock, milliseconds atMost, milliseconds atLeast) {
        const scheduler::Term term{lock, scheduler::newHolder(name_, clock_)};
        if (!locks_.tryLock(term, atMost)) return "refused";
        const auto session = database_.session();
        visit_ = enter(*session, lock, turnsHad(*session, lock), atLeast.count());
        term_ = term;
        atLeast_ = atLeast;
        return "taken";
    }

    std::string release() {
        leave(*database_.session(), visit_);
        locks_.unlock(term_, atLeast_);
        return "released";
    }

    std::string intrude(const std::string& lock) {
        const auto session = database_.session();
        leave(*session, enter(*session, lock, turnsHad(*session, lock), 0));
        return "intruded";
    }

    const std::string name_;
    core::SystemClock clock_;
    database::Pool pool_;
    database::Database database_{pool_, {.attempts = 20}};
    scheduler::mysql::MysqlLockStore locks_{database_};
    scheduler::mysql::MysqlJobBoard board_{database_, name_};
    testing::MemoryHistory history_;
    testing::MemoryLogger logger_;
    const scheduler::JobEnvironment environment_{locks_, board_, history_, clock_, logger_, name_};
    std::minstd_rand dice_{std::random_device{}()};
    std::uniform_int_distribution<std::int64_t> upTo2_{0, 2};
    // Of the lock that `take` took.
    scheduler::Term term_;
    milliseconds atLeast_{0};
    Visit visit_;
};

} // namespace
} // namespace outboxd::interop

int main(int count, char** arguments) {
    const std::span<char* const> words(arguments, static_cast<std::size_t>(count));
    if (words.size() != 7) {
        std::cerr << "usage: " << words[0] << " HOST PORT USER PASSWORD-FILE SCHEMA NODE\n";
        return 64;
    }
    outboxd::interop::Contender contender(outboxd::interop::connection(words), words[6]);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream order(line);
        std::cout << contender.obey(order) << std::endl;
    }
}
