#include "scheduler/mysql/dead_letters.hpp"

#include "platform/core/text.hpp"
#include "platform/database/many_rows.hpp"
#include "platform/security/digest.hpp"
#include "scheduler/mysql/dead_letter_keys.hpp"
#include "scheduler/mysql/headers_text.hpp"
#include "sql/dead_letters.hpp"

#include <fmt/format.h>

#include <random>
#include <set>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::dead_letters;
using database::Session;
using Digests = std::set<std::string>; // SHA-256, 32 bytes each; in the order in which they are locked

constexpr std::size_t kStatementBytes =
    1'000'000; // of records in one statement, which holds them as hexadecimal digits

std::string part(std::string_view bytes) { return fmt::format("{}:{}", bytes.size(), bytes); }

std::string identityOf(const Delivery& record) {
    return security::sha256(fmt::format("{}{}:{}:{}{}{}", part(record.topic), record.partition, record.offset,
                                        record.id ? part(record.id->binary()) : "-", part(record.key),
                                        record.payload ? part(*record.payload) : "-"));
}

std::string hexList(const Digests& digests) {
    std::string json;
    for (const auto& digest : digests) json += (json.empty() ? "[\"" : ",\"") + security::toHex(digest) + '"';
    return json.empty() ? "[]" : json + ']';
}

struct NewLetter {
    const Delivery& record;
    const std::string& digest;
    const char* state;
    std::string_view error;
    int attempts = 0;
    std::optional<std::int64_t> due = {}; // in microseconds from now
};

// Inserts what is not there yet, in the order given.
class LetterWriter {
public:
    LetterWriter(Session& session, std::string_view listener) : session_(session), listener_(listener) {}

    void add(const NewLetter& letter) {
        const auto& record = letter.record;
        std::optional<std::string> error, fingerprint;
        if (!letter.error.empty()) {
            error = core::shortened(core::printable(letter.error), kLongestLetterError);
            fingerprint = fingerprintOf(letter.error);
        }
        const auto identity = identityOf(record), headers = headersToJson(record.headers);
        const std::initializer_list<database::Parameter> row{
            listener_,     identity,  record.topic,    record.partition, record.offset, record.key,
            letter.digest, record.id, record.sequence, record.type,      headers,       record.payload,
            letter.state,  error,     fingerprint,     letter.attempts,  letter.due};
        const auto bytes = 500 + record.key.size() + record.type.size() + headers.size() +
                           (record.payload ? record.payload->size() : 0);
        if (waiting_ + bytes > kStatementBytes) flush();
        if (bytes > kStatementBytes) {
            session_.execute(sql::add_letters, row); // as bytes: the server limits the length of a statement
            return;
        }
        rows_.row(row);
        waiting_ += bytes;
    }

    void flush() {
        if (waiting_ == 0) return;
        session_.textExecute(rows_.sql());
        rows_ = database::ManyRows(sql::add_letters);
        waiting_ = 0;
    }

private:
    Session& session_;
    const std::string_view listener_;
    database::ManyRows rows_{sql::add_letters};
    std::size_t waiting_ = 0;
};

double dice() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution{0.0, 1.0}(random);
}

// Both orders may be repeated, so whether a lost connection had committed need not be known.
template <class Work> auto repeatable(database::Database& database, Work work) {
    try {
        return database.transact(work);
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::outcome_unknown) throw;
        throw core::Error(core::ErrorKind::unavailable, error.what(), error.hint());
    }
}

} // namespace

std::vector<std::size_t> MysqlDeadLetterBox::park(std::string_view listener,
                                                  std::span<const Delivery> batch) {
    Digests blocked;
    std::vector<std::string> digests(batch.size());
    {
        auto session = database_.session();
        if (session->query(sql::has_blocked_keys, {listener}).empty()) return {};
        Digests keys;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (batch[i].key.empty()) continue;
            digests[i] = security::sha256(batch[i].key);
            keys.insert(digests[i]);
        }
        for (const auto& row : session->query(sql::blocked_keys, {hexList(keys), listener}))
            blocked.insert(row.bytes(0));
    }
    // What is free now stays so: only this listener's loop blocks keys of its partitions.
    if (blocked.empty()) return {};
    return repeatable(database_, [&](Session& session) {
        Digests locked;
        for (const auto& digest : blocked)
            if (lockKey(session, listener, digest)) locked.insert(digest);
        std::vector<std::size_t> parked;
        LetterWriter writer(session, listener);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!locked.contains(digests[i])) continue;
            writer.add({batch[i], digests[i], "PARKED", {}});
            parked.push_back(i);
        }
        writer.flush();
        return parked;
    });
}

void MysqlDeadLetterBox::add(std::string_view listener, bool blocking, std::span<const DeadLetter> letters) {
    if (letters.empty()) return;
    std::vector<std::string> digests;
    Digests keys;
    for (const auto& letter : letters) {
        digests.push_back(security::sha256(letter.record.key));
        if (blocking && !letter.record.key.empty()) keys.insert(digests.back());
    }
    repeatable(database_, [&](Session& session) {
        Digests headed; // keys with a letter that is not parked
        if (!keys.empty()) {
            database::ManyRows rows(sql::block_keys);
            for (const auto& digest : keys) rows.row({listener, digest});
            session.textExecute(rows.sql());
            for (const auto& row : session.query(sql::keys_with_letters, {hexList(keys), listener}))
                headed.insert(row.bytes(0));
        }
        LetterWriter writer(session, listener);
        for (std::size_t i = 0; i < letters.size(); ++i) {
            const auto& [record, error, permanent, attempts] = letters[i];
            const bool behind = keys.contains(digests[i]) && !headed.insert(digests[i]).second;
            NewLetter letter{record, digests[i],
                             behind      ? "PARKED"
                             : permanent ? "HELD"
                                         : "RETRY",
                             error, attempts};
            if (!behind && !permanent) letter.due = retryDelay(rules_, 0, dice()).count();
            writer.add(letter);
        }
        writer.flush();
        return true;
    });
}

} // namespace outboxd::scheduler::mysql
