#include "commerce/mysql/unit_of_work.hpp"

#include "commerce/mysql/transaction.hpp"

namespace outboxd::commerce::mysql {

UnitOfWork::UnitOfWork(database::Database& database, const core::Clock& clock,
                       std::function<void()> onCommitted,
                       std::function<void(database::Session&)> beforeCommit)
    : database_(database), clock_(clock), onCommitted_(std::move(onCommitted)),
      beforeCommit_(std::move(beforeCommit)) {}

void UnitOfWork::run(const std::function<Ending(commerce::Transaction&)>& work) {
    bool hasEvents = false;
    const auto ring = [&] {
        if (hasEvents && onCommitted_) onCommitted_();
    };
    const auto body = [&](database::Session& session) {
        Transaction transaction(session, clock_);
        const auto ending = work(transaction);
        hasEvents = ending == Ending::commit && transaction.outbox().hasEvents();
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

} // namespace outboxd::commerce::mysql
