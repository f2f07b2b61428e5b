#include "scheduler/mysql/dead_letter_desk.hpp"

#include "platform/core/text.hpp"
#include "platform/security/digest.hpp"
#include "scheduler/mysql/desk_page.hpp"
#include "scheduler/mysql/headers_text.hpp"
#include "sql/dead_letter_desk.hpp"

namespace outboxd::scheduler::mysql {

namespace {

namespace sql = outboxd::sql::dead_letter_desk;
using database::Parameter;
using database::Row;

constexpr std::size_t kShownText = 300;

std::string shown(const std::string& bytes) { return core::printable(core::shortened(bytes, kShownText)); }

LetterLine lineOf(const Row& row) {
    LetterLine line{
        row.integer(0), row.bytes(1),       row.bytes(2), row.bytes(3), static_cast<int>(row.integer(4)),
        row.integer(5), shown(row.bytes(6))};
    if (const auto event = row.maybeBytes(7))
        line.eventId = core::EventId::fromBinary(*event).value_or(core::EventId{}).text();
    line.type = shown(row.bytes(8));
    line.error = row.maybeBytes(9);
    line.fingerprint = row.maybeBytes(10);
    line.attempts = row.integer(11);
    line.nextAttemptAt = row.maybeTime(12);
    line.firstAt = row.time(13);
    line.lastAt = row.time(14);
    return line;
}

} // namespace

LetterPlaces::LetterPlaces(const LetterFilter& filter) : filter_(filter) {
    if (filter.key) digest_ = security::sha256(*filter.key);
    if (filter.state) state_ = name(*filter.state);
}

std::vector<Parameter> LetterPlaces::between(std::vector<Parameter> first,
                                             std::vector<Parameter> last) const {
    for (const auto* text : {&filter_.listener, &state_, &filter_.topic, &filter_.type, &digest_,
                             &filter_.fingerprint, &filter_.error}) {
        first.emplace_back(*text);
        first.emplace_back(*text);
    }
    first.emplace_back(filter_.since);
    first.emplace_back(filter_.since);
    first.insert(first.end(), last.begin(), last.end());
    return first;
}

DeskList<LetterLine> MysqlDeadLetterDesk::letters(const LetterFilter& filter, const DeskPage& page) {
    const LetterPlaces places(filter);
    const auto rows = database_.session()->queryWith(
        sql::letters, places.between({page.after.value_or(0)}, {page.limit + 1}));
    return pageOf<LetterLine>(rows, page, lineOf);
}

LetterGroups MysqlDeadLetterDesk::groups(const LetterFilter& filter, int limit) {
    const LetterPlaces places(filter);
    LetterGroups groups;
    for (const auto& row : database_.session()->queryWith(sql::groups, places.between({}, {limit + 1}))) {
        if (groups.items.size() == static_cast<std::size_t>(limit)) {
            groups.complete = false;
            break;
        }
        groups.items.push_back({row.bytes(0), row.bytes(1), row.integer(2), row.integer(3), row.time(4),
                                row.time(5), row.integer(6), row.maybeBytes(7).value_or(""), row.bytes(8),
                                shown(row.bytes(9))});
    }
    return groups;
}

std::optional<LetterView> MysqlDeadLetterDesk::letter(std::int64_t id) {
    const auto rows = database_.session()->query(sql::letter, {kShownKey, kShownHeaders, kShownPayload, id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    LetterView view;
    view.line = lineOf(row);
    view.key = row.bytes(6);
    view.retries = row.integer(15);
    view.sequence = row.maybeInteger(16);
    if (const auto headers = row.maybeBytes(17)) view.headers = headersFromJson(*headers);
    view.payloadBytes = row.maybeInteger(18).value_or(0);
    view.payload = row.maybeBytes(19);
    view.keyBytes = row.integer(20);
    view.behind = row.integer(21);
    return view;
}

std::vector<LetterFigures> MysqlDeadLetterDesk::figures() {
    std::vector<LetterFigures> figures;
    for (const auto& row : database_.session()->query(sql::figures))
        figures.push_back({row.bytes(0), row.bytes(1), row.integer(2),
                           std::chrono::microseconds{std::max<std::int64_t>(0, row.integer(3))}});
    return figures;
}

} // namespace outboxd::scheduler::mysql
