#include "scheduler/mysql/dead_letter_retries.hpp"

#include "platform/core/text.hpp"
#include "scheduler/mysql/dead_letter_keys.hpp"
#include "scheduler/mysql/fence.hpp"
#include "scheduler/mysql/headers_text.hpp"
#include "sql/dead_letters.hpp"

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::dead_letters;
using database::Session;

constexpr int kMended = 100; // keys at a time

} // namespace

std::vector<std::string> MysqlLettersToRetry::listeners() {
    std::vector<std::string> names;
    for (const auto& row : database_.session()->query(sql::listeners)) names.push_back(row.bytes(0));
    return names;
}

std::vector<std::int64_t> MysqlLettersToRetry::due(std::string_view listener, std::size_t most) {
    std::vector<std::int64_t> ids;
    for (const auto& row : database_.session()->query(sql::due, {listener, most}))
        ids.push_back(row.integer(0));
    return ids;
}

std::optional<DueLetter> MysqlLettersToRetry::letter(std::int64_t id) {
    const auto rows = database_.session()->query(sql::due_letter, {id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    DueLetter letter{id, static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)), {}};
    auto& record = letter.record;
    record.topic = row.bytes(2);
    record.partition = static_cast<int>(row.integer(3));
    record.offset = row.integer(4);
    record.key = row.bytes(5);
    if (const auto event = row.maybeBytes(6)) record.id = core::EventId::fromBinary(*event);
    record.sequence = row.maybeInteger(7);
    record.type = row.bytes(8);
    record.headers = headersFromJson(row.bytes(9));
    record.payload = row.maybeBytes(10);
    return letter;
}

std::optional<std::int64_t> MysqlLettersToRetry::done(const Term& term, const DueLetter& letter) {
    return database_.transact([&](Session& session) -> std::optional<std::int64_t> {
        std::optional<std::int64_t> next;
        const auto key = session.query(sql::key_of_letter, {letter.id});
        if (key.empty()) return std::nullopt; // discarded meanwhile
        const auto& listener = key.front().bytes(0);
        const auto& digest = key.front().bytes(1);
        const bool blocked = lockKey(session, listener, digest);
        session.execute(sql::remove, {letter.id});
        if (blocked) next = settleKey(session, listener, digest);
        requireTerm(session, term);
        return next;
    });
}

void MysqlLettersToRetry::failed(const Term& term, const DueLetter& letter, const std::string& error,
                                 std::optional<std::chrono::microseconds> again) {
    std::optional<std::int64_t> time;
    if (again) time = again->count();
    database_.transact([&](Session& session) {
        session.execute(sql::failed_again,
                        {core::shortened(core::printable(error), kLongestLetterError), fingerprintOf(error),
                         again ? "RETRY" : "HELD", time, letter.id, letter.attempts});
        requireTerm(session, term);
        return true;
    });
}

void MysqlLettersToRetry::postpone(const Term& term, const DueLetter& letter,
                                   std::chrono::microseconds time) {
    database_.transact([&](Session& session) {
        session.execute(sql::postpone, {time.count(), letter.id, letter.attempts});
        requireTerm(session, term);
        return true;
    });
}

std::size_t MysqlLettersToRetry::mend(const Term& term) {
    const auto keys = database_.session()->query(sql::headless_keys, {kMended});
    if (keys.empty()) return 0;
    database_.transact([&](Session& session) {
        for (const auto& key : keys)
            if (lockKey(session, key.bytes(0), key.bytes(1))) settleKey(session, key.bytes(0), key.bytes(1));
        requireTerm(session, term);
        return true;
    });
    return keys.size();
}

} // namespace outboxd::scheduler::mysql
