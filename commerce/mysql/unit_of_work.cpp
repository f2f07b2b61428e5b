#include "commerce/mysql/unit_of_work.hpp"

#include "commerce/mysql/transaction.hpp"

namespace outboxd::commerce::mysql {

UnitOfWork::UnitOfWork(database::Database& database, const core::Clock& clock,
                       std::function<void()> onCommitted,
                       std::function<void(database::Session&)> beforeCommit)
    : transactions_(database, std::move(onCommitted), std::move(beforeCommit)), clock_(clock) {}

void UnitOfWork::run(const std::function<Ending(commerce::Transaction&)>& work) {
    transactions_.run([&](database::Session& session) { return Transaction(session, clock_); }, work);
}

} // namespace outboxd::commerce::mysql
