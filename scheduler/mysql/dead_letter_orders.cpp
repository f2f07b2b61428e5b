// The orders of an operator. Each step is one transaction: some letters, their keys and a line in audit_log, or nothing.
#include "platform/core/text.hpp"
#include "scheduler/mysql/dead_letter_desk.hpp"
#include "scheduler/mysql/dead_letter_keys.hpp"
#include "scheduler/mysql/outbox_desk.hpp"
#include "sql/dead_letter_desk.hpp"
#include "sql/outbox_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::dead_letter_desk;
using database::Database;
using database::Ending;
using database::Session;
using Ids = std::vector<std::int64_t>;

constexpr std::size_t kTogether = 100; // letters in a transaction: its line in audit_log names them all

enum class Deed { retry, discard };

std::string toJson(std::span<const std::int64_t> ids) { return fmt::format("[{}]", fmt::join(ids, ",")); }

std::string subjectOf(const LetterSelection& what) {
    if (const auto* ids = std::get_if<Ids>(&what))
        return core::shortened(fmt::format("letters {}", fmt::join(*ids, " ")), 300);
    const auto& filter = std::get<LetterFilter>(what);
    std::string text;
    const auto add = [&](const char* name, const std::optional<std::string>& value) {
        if (value) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, *value);
    };
    add("listener", filter.listener);
    if (filter.state) add("state", std::string{name(*filter.state)});
    add("topic", filter.topic);
    add("type", filter.type);
    add("key", filter.key);
    add("fingerprint", filter.fingerprint);
    add("error", filter.error);
    if (filter.since) add("since", core::toRfc3339(*filter.since));
    return core::shortened(text.empty() ? "all dead letters" : text, 300);
}

struct Step {
    Ids done = {}, parked = {};
    std::string told = {}; // of `done`, for audit_log
    std::int64_t order = 0;
};

// One transaction for at most kTogether letters.
class StepMaker {
public:
    StepMaker(Database& database, Deed deed, const LetterOrder& order)
        : database_(database), deed_(deed), order_(order), subject_(subjectOf(order.what)) {}

    Step make(std::span<const std::int64_t> ids, const LetterFilter& filter) {
        return database_.transact(
            [&](Session& session) {
                const auto json = toJson(ids);
                const auto keys = lockKeys(session, json);
                auto step = choose(session, json, filter);
                if (order_.terms.dryRun || step.done.empty()) return step;
                if (deed_ == Deed::retry) {
                    session.execute(sql::retry_letters, {toJson(step.done)});
                } else {
                    session.execute(sql::remove_letters, {toJson(step.done)});
                    for (const auto& [listener, digest] : keys) settleKey(session, listener, digest);
                }
                step.order = addAudit(
                    session, order_.terms,
                    deed_ == Deed::retry ? "dead_letters.retry" : "dead_letters.discard", subject_,
                    fmt::format(R"({{"reason":{},"letters":[{}]}})",
                                order_.terms.reason ? jsonText(*order_.terms.reason) : "null", step.told));
                session.execute(outboxd::sql::outbox_desk::set_steps, {step.done.size(), step.order});
                return step;
            },
            [](const Step& step) { return step.order != 0 ? Ending::commit : Ending::rollback; });
    }

private:
    using Keys = std::set<std::pair<std::string, std::string>>; // in the order in which they are locked

    // Those of them that are blocked; the others belong to letters that block nothing.
    static Keys lockKeys(Session& session, const std::string& json) {
        Keys keys;
        for (const auto& row : session.query(sql::keys_of_letters, {json}))
            keys.emplace(row.bytes(0), row.bytes(1));
        std::erase_if(keys, [&](const auto& key) { return !lockKey(session, key.first, key.second); });
        return keys;
    }

    Step choose(Session& session, const std::string& json, const LetterFilter& filter) const {
        Step step;
        const LetterPlaces places(filter);
        for (const auto& row : session.queryWith(sql::lock_letters, places.between({json}))) {
            if (deed_ == Deed::retry && row.bytes(1) == "PARKED") {
                step.parked.push_back(row.integer(0));
                continue;
            }
            step.done.push_back(row.integer(0));
            std::string event = "null";
            if (const auto bytes = row.maybeBytes(2))
                event = jsonText(core::EventId::fromBinary(*bytes).value_or(core::EventId{}).text());
            step.told += fmt::format(
                R"({}{{"id":{},"event":{},"record":{}}})", step.told.empty() ? "" : ",", row.integer(0),
                event, jsonText(fmt::format("{}/{}/{}", row.bytes(3), row.integer(4), row.integer(5))));
        }
        return step;
    }

    Database& database_;
    const Deed deed_;
    const LetterOrder& order_;
    const std::string subject_;
};

void add(LettersTaken& taken, const Step& step) {
    taken.letters += static_cast<std::int64_t>(step.done.size());
    if (step.order != 0) taken.orders.push_back(step.order);
}

LettersTaken takeIds(StepMaker& maker, Ids ids) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    LettersTaken taken;
    for (std::span<const std::int64_t> rest = ids; !rest.empty();
         rest = rest.subspan(std::min(rest.size(), kTogether))) {
        const auto chunk = rest.first(std::min(rest.size(), kTogether));
        const auto step = maker.make(chunk, {});
        add(taken, step);
        taken.parked.insert(taken.parked.end(), step.parked.begin(), step.parked.end());
        std::set<std::int64_t> missing(chunk.begin(), chunk.end());
        for (const auto* found : {&step.done, &step.parked})
            for (const auto id : *found) missing.erase(id);
        taken.notFound.insert(taken.notFound.end(), missing.begin(), missing.end());
    }
    return taken;
}

LettersTaken takeFilter(Database& database, StepMaker& maker, Deed deed, const LetterOrder& order) {
    const auto& filter = std::get<LetterFilter>(order.what);
    const LetterPlaces places(filter);
    LettersTaken taken;
    const auto upTo = order.upTo ? *order.upTo : database.session()->query(sql::newest).front().integer(0);
    taken.upTo = upTo;
    auto after = order.after.value_or(0);
    if (order.terms.dryRun) {
        const auto rows = database.session()->queryWith(sql::count_letters, places.between({after, upTo}));
        const auto& row = rows.front();
        taken.letters = row.integer(0) - (deed == Deed::retry ? row.integer(1) : 0);
        return taken;
    }
    for (std::int64_t seen = 0;;) {
        Ids page;
        for (const auto& row :
             database.session()->queryWith(sql::page_of_ids, places.between({after, upTo}, {kTogether})))
            page.push_back(row.integer(0));
        if (page.empty()) return taken;
        add(taken, maker.make(page, filter));
        after = page.back();
        seen += static_cast<std::int64_t>(page.size());
        if (page.size() < kTogether) return taken;
        if (seen >= kLettersInOneAnswer) {
            taken.next = after;
            return taken;
        }
    }
}

LettersTaken take(Database& database, Deed deed, const LetterOrder& order) {
    StepMaker maker(database, deed, order);
    if (const auto* ids = std::get_if<Ids>(&order.what)) return takeIds(maker, *ids);
    return takeFilter(database, maker, deed, order);
}

} // namespace

LettersTaken MysqlDeadLetterDesk::retry(const LetterOrder& order) {
    return take(database_, Deed::retry, order);
}

LettersTaken MysqlDeadLetterDesk::discard(const LetterOrder& order) {
    return take(database_, Deed::discard, order);
}

} // namespace outboxd::scheduler::mysql
