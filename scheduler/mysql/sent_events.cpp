#include "scheduler/mysql/sent_events.hpp"

#include "scheduler/mysql/batch_text.hpp"
#include "sql/outbox_desk.hpp"
#include "sql/sent_events.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <charconv>

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::sent_events;
using database::Session;

constexpr std::int64_t kPage = 20'000;    // a statement takes some ten milliseconds
constexpr std::size_t kLongestList = 500; // see outbox_source.cpp

template <class Number> Number numberOf(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw core::Error(core::ErrorKind::internal,
                          "the outbox gave '" + std::string{text} + "' for a number");
    return value;
}

} // namespace

EventBounds eventBounds(Session& session) {
    const auto rows = session.query(outboxd::sql::outbox_desk::event_bounds);
    return {rows.front().integer(0), rows.front().integer(1)};
}

std::int64_t firstIdAt(Session& session, core::Timestamp time, std::int64_t lowest, std::int64_t highest) {
    std::int64_t low = lowest, high = highest + 1;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        const auto rows = session.query(outboxd::sql::outbox_desk::created_at_or_after, {middle});
        if (rows.empty() || rows.front().time(1) >= time) {
            high = middle;
        } else {
            low = rows.front().integer(0) + 1;
        }
    }
    return low;
}

std::int64_t countEvents(Session& session, std::int64_t from) {
    return session.query(sql::count, {from}).front().integer(0);
}

void readSentEvents(Session& session, std::int64_t from, const std::function<void(const SentEvent&)>& each) {
    for (std::uint64_t rows = kPage; rows == kPage;) {
        rows = session.textQuery(BatchText(session, sql::page).number(from).number(kPage).sql(),
                                 [&](Session::TextRow row) {
                                     SentEvent sent{{}, row[4], row[5]};
                                     sent.event.id = numberOf<std::int64_t>(row[0]);
                                     sent.event.identity = numberOf<std::uint32_t>(row[1]);
                                     sent.event.orderKey = row[2];
                                     if (row[3].data() != nullptr)
                                         sent.event.payload = numberOf<std::uint32_t>(row[3]);
                                     sent.event.sent = row[6] == "1";
                                     from = sent.event.id + 1;
                                     each(sent);
                                 });
    }
}

void readCommitted(Session& session, std::span<const std::int64_t> ids,
                   const std::function<void(std::int64_t, std::uint32_t)>& each) {
    while (!ids.empty()) {
        const auto part = ids.first(std::min(ids.size(), kLongestList));
        ids = ids.subspan(part.size());
        session.textQuery(BatchText(session, sql::committed).numbers(part).sql(), [&](Session::TextRow row) {
            each(numberOf<std::int64_t>(row[0]), numberOf<std::uint32_t>(row[1]));
        });
    }
}

std::map<std::string, PinnedTopic> pinnedTopics(Session& session) {
    std::map<std::string, PinnedTopic> topics;
    for (const auto& row : session.query(sql::pins))
        topics[row.bytes(0)] = {static_cast<int>(row.integer(1)), row.integer(2) != 0};
    return topics;
}

} // namespace outboxd::scheduler::mysql
