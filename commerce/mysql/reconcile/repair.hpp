// How every repair changes the books: one transaction, in which it looks again under locks, with its line in the audit log,
// the finding that it belongs to, and the fence of the run's lock last.
#pragma once

#include "commerce/mysql/transaction.hpp"
#include "commerce/reconcile/check.hpp"
#include "commerce/reconcile/mending.hpp"
#include "platform/database/database.hpp"

#include <functional>

namespace outboxd::commerce::mysql::reconcile {

using commerce::reconcile::AllRight;
using commerce::reconcile::Check;
using commerce::reconcile::Finding;
using commerce::reconcile::ForPerson;
using commerce::reconcile::Looking;
using commerce::reconcile::Mended;
using commerce::reconcile::Mending;
using commerce::reconcile::Treated;
using commerce::reconcile::Verdict;

using Fence = std::function<void(database::Session&)>; // throws once the run's lock is lost

// What the repairs of one run have in common. References outlive it.
struct Repairs {
    database::Database& database;
    const core::Clock& clock;
    std::function<void()> ring; // wakes the relay after a commit with events
    Fence fence;
    std::int64_t run = 0;
    std::string actor;
    bool dryRun = true;

    // `work` looks again under locks and mends; it may run more than once, and what it did is rolled back unless it says
    // Mended and this is no dry run. Throws core::Error.
    using Work = std::function<Mending(database::Session&, commerce::mysql::Transaction&)>;
    Treated mend(std::string_view check, const Finding& finding, int line, const Work& work) const;
};

} // namespace outboxd::commerce::mysql::reconcile
