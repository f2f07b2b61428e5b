#include "scheduler/mysql/topic_desk.hpp"

#include "platform/core/text.hpp"
#include "scheduler/mysql/fence.hpp"
#include "sql/topic_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::topic_desk;
using database::Ending;
using database::Session;
using Phase = TopicChange::Phase;

constexpr std::array<std::pair<Phase, const char*>, 7> kPhases{{{Phase::settle, "SETTLE"},
                                                                {Phase::broker, "BROKER"},
                                                                {Phase::spread, "SPREAD"},
                                                                {Phase::release, "RELEASE"},
                                                                {Phase::redrive, "REDRIVE"},
                                                                {Phase::done, "DONE"},
                                                                {Phase::failed, "FAILED"}}};

const char* name(Phase phase) {
    return std::ranges::find(kPhases, phase, &std::pair<Phase, const char*>::first)->second;
}

Phase phaseOf(const std::string& text) {
    for (const auto& [phase, known] : kPhases)
        if (text == known) return phase;
    throw core::Error(core::ErrorKind::internal, "topic_change has the unknown phase " + text);
}

// What no owner has to do any more costs nothing: the newest pause and pins count.
void syncLanes(Session& session, std::int64_t order) {
    session.execute(sql::sync_lanes, {order});
    session.execute(sql::count_steps, {order, order});
}

std::optional<TopicIsChanging> changing(Session& session, const std::string& topic) {
    const auto rows = session.query(sql::changing, {topic});
    if (rows.empty()) return std::nullopt;
    return TopicIsChanging{rows.front().integer(0)};
}

Ending endingOf(const TopicAnswer& answer) {
    const auto* taken = std::get_if<OrderTaken>(&answer);
    return taken && taken->order != 0 ? Ending::commit : Ending::rollback;
}

// As far as the column goes.
std::optional<std::string> reasonOf(const OrderTerms& terms) {
    if (!terms.reason) return std::nullopt;
    return core::shortened(*terms.reason, 500);
}

constexpr OrderTaken kDryRun{0, kLanes, 0, {}};

} // namespace

std::vector<TopicView> MysqlTopicDesk::topics() {
    auto session = database_.session();
    std::map<std::string, TopicView> topics;
    for (const auto& row : session->query(sql::topics)) {
        auto& topic = topics[row.bytes(0)];
        if (const auto partitions = row.maybeInteger(1)) topic.partitions = static_cast<int>(*partitions);
        topic.pausedBy = row.maybeBytes(2);
        topic.paused = topic.pausedBy.has_value();
        topic.reason = row.maybeBytes(3);
        topic.pausedSince = row.maybeTime(4);
        topic.change = row.maybeInteger(5);
        topic.phase = row.maybeBytes(6).value_or("");
    }
    bool complete = true;
    for (const auto& kind : pendingKinds(*session, topicOf_, complete))
        topics[kind.topic].pending += kind.pending;
    std::vector<TopicView> list;
    for (auto& [topicName, topic] : topics) {
        topic.topic = topicName;
        list.push_back(std::move(topic));
    }
    return list;
}

std::vector<std::string> MysqlTopicDesk::pausedBy(const std::string& actor) {
    std::vector<std::string> topics;
    for (const auto& row : database_.session()->query(sql::paused_by, {actor}))
        topics.push_back(row.bytes(0));
    return topics;
}

TopicAnswer MysqlTopicDesk::pause(const std::string& topic, const OrderTerms& terms) {
    return database_.transact(
        [&](Session& session) -> TopicAnswer {
            if (const auto other = changing(session, topic)) return *other;
            if (!session.query(sql::paused, {topic}).empty()) return TopicIsPaused{};
            if (terms.dryRun) return kDryRun;
            const auto order = addAudit(session, terms, "topic.pause", topic, detailOf(terms));
            if (session.execute(sql::pause, {topic, reasonOf(terms), core::shortened(terms.actor, 128)}) == 0)
                return TopicIsPaused{};
            syncLanes(session, order);
            return OrderTaken{order, kLanes, 0, {}};
        },
        endingOf);
}

TopicAnswer MysqlTopicDesk::resume(const std::string& topic, const OrderTerms& terms) {
    return database_.transact(
        [&](Session& session) -> TopicAnswer {
            if (const auto other = changing(session, topic)) return *other;
            if (session.query(sql::paused, {topic}).empty()) return TopicNotPaused{};
            if (terms.dryRun) return kDryRun;
            const auto order = addAudit(session, terms, "topic.resume", topic, detailOf(terms));
            if (session.execute(sql::begin_change,
                                {order, topic, std::nullopt, 0, 0, name(Phase::release)}) == 0)
                return changing(session, topic).value_or(TopicIsChanging{});
            session.execute(sql::lift, {topic});
            syncLanes(session, order);
            return OrderTaken{order, kLanes, 0, {}};
        },
        endingOf);
}

TopicAnswer MysqlTopicDesk::repartition(const Repartition& order) {
    return database_.transact(
        [&](Session& session) -> TopicAnswer {
            if (const auto other = changing(session, order.topic)) return *other;
            if (order.terms.dryRun) return kDryRun;
            const auto& terms = order.terms;
            const auto id = addAudit(
                session, terms, "topic.repartition", order.topic,
                detailOf(terms, fmt::format(R"(,"partitions":{},"grow":{})", order.partitions, order.grow)));
            const auto reason = fmt::format("repartition to {}, order {}", order.partitions, id);
            const bool fresh =
                session.execute(sql::pause, {order.topic, reason, core::shortened(terms.actor, 128)}) > 0;
            if (session.execute(sql::begin_change, {id, order.topic, order.partitions, order.grow ? 1 : 0,
                                                    fresh ? 0 : 1, name(Phase::settle)}) == 0)
                return changing(session, order.topic).value_or(TopicIsChanging{});
            syncLanes(session, id);
            return OrderTaken{id, kLanes, 0, {}};
        },
        endingOf);
}

std::vector<TopicChange> MysqlTopicDesk::open() {
    std::vector<TopicChange> changes;
    for (const auto& row : database_.session()->query(sql::open_changes)) {
        TopicChange change{row.integer(0),      row.bytes(1),        static_cast<int>(row.integer(2)),
                           row.integer(3) != 0, row.integer(4) != 0, phaseOf(row.bytes(5)),
                           row.maybeBytes(6),   row.integer(7)};
        changes.push_back(std::move(change));
    }
    return changes;
}

bool MysqlTopicDesk::advance(const Term& term, const TopicChange& change, Phase next) {
    return database_.transact(
        [&](Session& session) {
            if (session.execute(sql::enter_phase, {name(next), change.order, name(change.phase)}) == 0)
                return false;
            switch (next) {
            case Phase::spread:
                session.execute(sql::spread, {change.topic, change.partitions});
                syncLanes(session, change.order);
                break;
            case Phase::release:
                session.execute(sql::lift, {change.topic});
                syncLanes(session, change.order);
                break;
            case Phase::redrive:
                session.execute(sql::redrive_paused, {change.order});
                session.execute(sql::count_steps, {change.order, change.order});
                break;
            case Phase::settle:
            case Phase::broker:
            case Phase::done:
            case Phase::failed: break;
            }
            requireTerm(session, term);
            return true;
        },
        [](bool moved) { return moved ? Ending::commit : Ending::rollback; });
}

void MysqlTopicDesk::note(const Term& term, const TopicChange& change,
                          const std::optional<std::string>& trouble) {
    std::optional<std::string> text;
    if (trouble) text = core::shortened(*trouble, 500);
    database_.transact([&](Session& session) {
        session.execute(sql::note_trouble, {text, change.order});
        requireTerm(session, term);
        return true;
    });
}

} // namespace outboxd::scheduler::mysql
