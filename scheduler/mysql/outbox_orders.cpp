// The orders of an operator. Each is one transaction: its line in audit_log and all its commands, or nothing.
#include "platform/core/text.hpp"
#include "platform/database/many_rows.hpp"
#include "scheduler/mysql/outbox_desk.hpp"
#include "scheduler/mysql/sent_events.hpp"
#include "scheduler/republish_plan.hpp"
#include "sql/outbox_desk.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <set>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::outbox_desk;
using database::Ending;
using database::Parameter;
using database::Session;
using Ids = std::vector<std::int64_t>;

constexpr std::int64_t kPage = 5'000;  // events looked at by one statement of a republication
constexpr std::size_t kInserted = 500; // commands in one statement

std::string toJson(const Ids& ids) { return fmt::format("[{}]", fmt::join(ids, ",")); }

std::string subjectOf(const Ids& ids) {
    return core::shortened(fmt::format("events {}", fmt::join(ids, " ")), 300);
}

std::string subjectOf(const HeldFilter& filter) {
    std::string text;
    const auto add = [&](const char* name, const std::optional<std::string>& value) {
        if (value) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, *value);
    };
    add("key", filter.key);
    add("type", filter.type);
    add("aggregateType", filter.aggregateType);
    add("error", filter.error);
    if (filter.since) add("since", core::toRfc3339(*filter.since));
    return core::shortened(text.empty() ? "all that is held" : text, 300);
}

std::int64_t pace(const OrderTerms& terms) { return terms.perSecond ? 1'000'000 / *terms.perSecond : 0; }

// Of a filter: as count_keys and its like have their places. Views into `filter`.
std::vector<Parameter> places(std::vector<Parameter> first, const HeldFilter& filter) {
    for (const auto* text : {&filter.key, &filter.type, &filter.aggregateType, &filter.error}) {
        first.emplace_back(*text);
        first.emplace_back(*text);
    }
    first.emplace_back(filter.since);
    first.emplace_back(filter.since);
    return first;
}

struct Found {
    std::int64_t keys = 0, events = 0;
    Ids missing = {};
};

Found count(Session& session, const HeldSelection& what) {
    if (const auto* filter = std::get_if<HeldFilter>(&what)) {
        const auto rows = session.queryWith(sql::count_keys, places({}, *filter));
        return {rows.front().integer(0), rows.front().integer(1)};
    }
    const auto& ids = std::get<Ids>(what);
    const auto rows = session.query(sql::count_keys_of_ids, {toJson(ids)});
    Found found{rows.front().integer(0), rows.front().integer(1)};
    std::set<std::int64_t> held;
    for (const auto& row : session.query(sql::held_ids, {toJson(ids)})) held.insert(row.integer(0));
    std::ranges::copy_if(ids, std::back_inserter(found.missing), [&](auto id) { return !held.contains(id); });
    return found;
}

Ending endingOf(const OrderAnswer& answer) {
    const auto* taken = std::get_if<OrderTaken>(&answer);
    return taken && taken->order != 0 ? Ending::commit : Ending::rollback;
}

// Counts, and, if there is something and it is meant, writes the order and lets `insert(session, order)` add its steps.
template <class Insert>
OrderAnswer take(Session& session, const OrderTerms& terms, const std::string& action,
                 const std::string& subject, const std::string& more, OrderTaken taken, Insert insert) {
    if (taken.steps > kMostSteps) return OrderTooLarge{taken.steps, kMostSteps};
    if (terms.dryRun || taken.steps == 0) return taken;
    taken.order = addAudit(session, terms, action, subject,
                           detailOf(terms, fmt::format(R"(,"events":{}{})", taken.events, more)));
    taken.steps = insert(session, taken.order);
    session.execute(sql::set_steps, {taken.steps, taken.order});
    return taken;
}

std::string subjectOf(const HeldSelection& what) {
    return std::visit([](const auto& one) { return subjectOf(one); }, what);
}

// Writes the steps of a republication in statements of some hundred.
class StepWriter {
public:
    StepWriter(Session& session, std::int64_t order, const OrderTerms& terms)
        : session_(session), order_(order), perEvent_(pace(terms)),
          begin_(session.query(sql::now).front().time(0)) {}

    void add(const RepublishStep& step) {
        rows_.row({order_, step.lane, step.first, step.last,
                   begin_ + std::chrono::microseconds{perEvent_ * events_}});
        events_ += step.events;
        ++steps_;
        if (++waiting_ == kInserted) flush();
    }
    std::int64_t finish() {
        flush();
        return steps_;
    }

private:
    void flush() {
        if (waiting_ == 0) return;
        session_.textExecute(rows_.sql());
        rows_ = database::ManyRows(sql::add_command);
        waiting_ = 0;
    }

    Session& session_;
    const std::int64_t order_, perEvent_;
    const core::Timestamp begin_;
    database::ManyRows rows_{sql::add_command};
    std::size_t waiting_ = 0;
    std::int64_t events_ = 0, steps_ = 0;
};

// Times of creation follow ids closely, but not strictly: on either side of the range so many ids are looked at one by one.
constexpr std::int64_t kMargin = 20'000;

void planRange(Session& session, const Republish& order, RepublishPlan& plan, std::int64_t& sent) {
    const auto bounds = session.query(sql::event_bounds);
    const auto lowest = bounds.front().integer(0), highest = bounds.front().integer(1);
    auto after = std::max(firstIdAt(session, order.from, lowest, highest) - kMargin, lowest) - 1;
    const auto upTo = std::min(firstIdAt(session, order.to, lowest, highest) + kMargin, highest);
    const auto listed = [](const std::vector<std::string>& list, const std::string& one) {
        return list.empty() || std::ranges::find(list, one) != list.end();
    };
    while (after < upTo) {
        const auto rows = session.query(sql::sent_page, {order.from, order.to, after, upTo, kPage});
        if (rows.empty()) break;
        for (const auto& row : rows) {
            const auto id = row.integer(0);
            const bool wanted = row.integer(3) != 0 && listed(order.aggregateTypes, row.bytes(4)) &&
                                listed(order.types, row.bytes(5));
            const bool isSent = row.integer(2) != 0;
            // What is not sent stays out, wherever it lies.
            plan.event(id, static_cast<Lane>(row.integer(1)), wanted && isSent);
            sent += wanted && isSent ? 1 : 0;
            after = id;
        }
    }
}

void planIds(Session& session, const Ids& ids, RepublishPlan& plan, OrderTaken& taken) {
    std::set<std::int64_t> sent;
    for (const auto& row : session.query(sql::sent_ids, {toJson(ids)})) {
        const auto lane = static_cast<Lane>(row.integer(1));
        plan.event(row.integer(0), lane, true);
        plan.event(row.integer(0), lane, false); // nothing is known of what lies between two ids
        sent.insert(row.integer(0));
        ++taken.events;
    }
    std::ranges::copy_if(ids, std::back_inserter(taken.notFound),
                         [&](auto id) { return !sent.contains(id); });
}

} // namespace

std::string jsonText(const std::string& text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return {buffer.GetString(), buffer.GetSize()};
}

std::string detailOf(const OrderTerms& terms, const std::string& more) {
    return fmt::format(R"({{"reason":{},"perSecond":{}{}}})", terms.reason ? jsonText(*terms.reason) : "null",
                       terms.perSecond ? std::to_string(*terms.perSecond) : "null", more);
}

std::int64_t addAudit(Session& session, const OrderTerms& terms, const std::string& action,
                      const std::string& subject, const std::string& detail) {
    session.execute(sql::add_audit, {core::shortened(terms.actor, 128), action, subject, detail});
    return session.lastInsertId();
}

OrderAnswer MysqlOutboxDesk::redrive(const Redrive& order) {
    return database_.transact(
        [&](Session& session) {
            auto found = count(session, order.what);
            return take(
                session, order.terms, "outbox.redrive", subjectOf(order.what), "",
                {0, found.keys, found.events, std::move(found.missing)},
                [&](Session& within, std::int64_t id) {
                    const auto* filter = std::get_if<HeldFilter>(&order.what);
                    const auto added =
                        filter
                            ? within.executeWith(sql::redrive_keys, places({id, pace(order.terms)}, *filter))
                            : within.execute(sql::redrive_keys_of_ids,
                                             {id, pace(order.terms), toJson(std::get<Ids>(order.what))});
                    return static_cast<std::int64_t>(added);
                });
        },
        endingOf);
}

OrderAnswer MysqlOutboxDesk::discard(const Discard& order) {
    return database_.transact(
        [&](Session& session) {
            auto found = count(session, order.what);
            const auto* filter = std::get_if<HeldFilter>(&order.what);
            OrderTaken taken{0, found.keys, order.wholeKeys ? found.events : found.keys, {}};
            if (!filter) {
                std::set<std::int64_t> ids(std::get<Ids>(order.what).begin(),
                                           std::get<Ids>(order.what).end());
                for (const auto id : found.missing) ids.erase(id);
                taken.steps = taken.events = static_cast<std::int64_t>(ids.size());
                taken.notFound = std::move(found.missing);
            }
            return take(session, order.terms, "outbox.discard", subjectOf(order.what),
                        fmt::format(R"(,"wholeKeys":{})", order.wholeKeys), std::move(taken),
                        [&](Session& within, std::int64_t id) {
                            const auto added =
                                filter
                                    ? within.executeWith(
                                          sql::discard_keys,
                                          places({id, order.wholeKeys ? 1 : 0, pace(order.terms)}, *filter))
                                    : within.execute(sql::discard_ids, {id, pace(order.terms),
                                                                        toJson(std::get<Ids>(order.what))});
                            return static_cast<std::int64_t>(added);
                        });
        },
        endingOf);
}

OrderAnswer MysqlOutboxDesk::republish(const Republish& order) {
    const auto planned = [&](Session& session, const std::function<void(const RepublishStep&)>& emit) {
        OrderTaken taken;
        RepublishPlan plan(emit);
        if (order.ids.empty()) {
            planRange(session, order, plan, taken.events);
        } else {
            planIds(session, order.ids, plan, taken);
        }
        plan.finish();
        return taken;
    };
    return database_.transact(
        [&](Session& session) {
            std::int64_t steps = 0;
            auto taken = planned(session, [&](const RepublishStep&) { ++steps; });
            taken.steps = steps;
            const auto subject = order.ids.empty()
                                     ? fmt::format("created from {} to {}", core::toRfc3339(order.from),
                                                   core::toRfc3339(order.to))
                                     : subjectOf(order.ids);
            std::string more;
            for (const auto& [name, list] :
                 {std::pair{"types", &order.types}, {"aggregateTypes", &order.aggregateTypes}}) {
                std::vector<std::string> texts;
                for (const auto& text : *list) texts.push_back(jsonText(text));
                more += fmt::format(R"(,"{}":[{}])", name, fmt::join(texts, ","));
            }
            return take(session, order.terms, "outbox.republish", subject, more, std::move(taken),
                        [&](Session& within, std::int64_t id) {
                            StepWriter writer(within, id, order.terms);
                            planned(within, [&](const RepublishStep& step) { writer.add(step); });
                            return writer.finish();
                        });
        },
        endingOf);
}

} // namespace outboxd::scheduler::mysql
