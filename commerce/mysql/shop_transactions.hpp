// How every transaction that writes the shop's rows begins, ends, and wakes the relay. Internal to commerce/mysql.
#pragma once

#include "commerce/unit_of_work.hpp"
#include "platform/core/error.hpp"
#include "platform/database/database.hpp"

#include <functional>
#include <utility>

namespace outboxd::commerce::mysql {

// Thread-safe. `database` must outlive it. `onCommitted` and `beforeCommit`: see UnitOfWork.
class ShopTransactions {
public:
    ShopTransactions(database::Database& database, std::function<void()> onCommitted,
                     std::function<void(database::Session&)> beforeCommit)
        : database_(database), onCommitted_(std::move(onCommitted)), beforeCommit_(std::move(beforeCommit)) {}

    // `open(session)` makes what `work` writes with; its hasEvents() says whether the relay has something to do.
    template <class Open, class Work> void run(const Open& open, const Work& work) {
        bool hasEvents = false;
        const auto ring = [&] {
            if (hasEvents && onCommitted_) onCommitted_();
        };
        const auto body = [&](database::Session& session) {
            auto opened = open(session);
            const auto ending = work(opened);
            hasEvents = ending == Ending::commit && opened.hasEvents();
            if (ending == Ending::commit && beforeCommit_) beforeCommit_(session);
            return ending;
        };
        const auto endingOf = [](Ending ending) {
            return ending == Ending::commit ? database::Ending::commit : database::Ending::rollback;
        };
        try {
            database_.transact(body, endingOf);
        } catch (const core::Error& error) {
            if (error.kind() == core::ErrorKind::outcome_unknown) ring();
            throw;
        }
        ring();
    }

private:
    database::Database& database_;
    std::function<void()> onCommitted_;
    std::function<void(database::Session&)> beforeCommit_;
};

} // namespace outboxd::commerce::mysql
