#include "scheduler/mysql/lock_store.hpp"

#include "scheduler/mysql/batch_text.hpp"
#include "sql/shedlock.hpp"

#include <map>

namespace outboxd::scheduler::mysql {
namespace {

namespace sql = outboxd::sql::shedlock;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestHolder = 255;

std::int64_t micros(std::chrono::milliseconds time) { return std::chrono::microseconds{time}.count(); }

} // namespace

bool MysqlLockStore::tryLock(const Term& term, std::chrono::milliseconds atMost) {
    if (term.lock.empty() || term.lock.size() > kLongestName || term.holder.size() > kLongestHolder) {
        throw core::Error(core::ErrorKind::misconfigured,
                          "the lock name '" + term.lock +
                              "' must have 1 to 64 characters and its holder at most 255");
    }
    auto session = database_.session();
    bool known = false;
    {
        const std::lock_guard lock(mutex_);
        known = inserted_.contains(term.lock);
    }
    if (!known) {
        const auto added = session->execute(sql::insert_once, {term.lock, micros(atMost), term.holder});
        {
            const std::lock_guard lock(mutex_);
            inserted_.insert(term.lock);
        }
        if (added == 1) return true;
    }
    return session->execute(sql::take, {micros(atMost), term.holder, term.lock}) == 1;
}

std::vector<bool> MysqlLockStore::extend(std::span<const Term> terms, std::chrono::milliseconds atMost) {
    if (terms.empty()) return {};
    std::vector<std::string> names;
    std::vector<std::string> holders;
    for (const auto& term : terms) {
        names.push_back(term.lock);
        holders.push_back(term.holder);
    }
    auto session = database_.session();
    const auto extended = session->textExecute(
        BatchText(*session, sql::extend).number(micros(atMost)).texts(names).texts(holders).sql());
    if (extended == terms.size()) return std::vector<bool>(terms.size(), true);

    // Some are not ours any more: which ones?
    std::map<std::string, std::string> valid;
    session->textQuery(
        BatchText(*session, sql::valid).texts(names).sql(),
        [&](database::Session::TextRow row) { valid.emplace(std::string{row[0]}, std::string{row[1]}); });
    std::vector<bool> result;
    for (const auto& term : terms) {
        const auto found = valid.find(term.lock);
        result.push_back(found != valid.end() && found->second == term.holder);
    }
    return result;
}

void MysqlLockStore::unlock(const Term& term, std::chrono::milliseconds atLeast) {
    database_.session()->execute(sql::unlock, {micros(atLeast), micros(atLeast), term.lock, term.holder});
}

std::vector<std::string> MysqlLockStore::available(std::span<const std::string> locks) {
    if (locks.empty()) return {};
    auto session = database_.session();
    std::map<std::string, bool> existing; // and whether it is free
    session->textQuery(
        BatchText(*session, sql::existing).texts(locks).sql(),
        [&](database::Session::TextRow row) { existing.emplace(std::string{row[0]}, row[1] != "0"); });
    std::vector<std::string> free;
    for (const auto& lock : locks) {
        const auto found = existing.find(lock);
        if (found == existing.end()) insertAgain(lock);
        if (found == existing.end() || found->second) free.push_back(lock);
    }
    return free;
}

std::string MysqlLockStore::holderOf(const std::string& lock) {
    const auto rows = database_.session()->query(sql::holder, {lock});
    if (!rows.empty()) return rows.front().bytes(0);
    insertAgain(lock);
    return {};
}

void MysqlLockStore::insertAgain(const std::string& lock) {
    const std::lock_guard guard(mutex_);
    inserted_.erase(lock);
}

} // namespace outboxd::scheduler::mysql
