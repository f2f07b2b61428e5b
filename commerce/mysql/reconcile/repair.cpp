#include "commerce/mysql/reconcile/repair.hpp"

#include "platform/core/text.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace outboxd::commerce::mysql::reconcile {
namespace {

std::string detailOf(std::int64_t run, const Finding& finding, const std::string& done) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    const auto text = [&](const char* name, const std::string& value) {
        json.Key(name);
        json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    json.StartObject();
    json.Key("run");
    json.Int64(run);
    text("expected", finding.expected);
    text("found", finding.found);
    text("done", done);
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace

Treated Repairs::mend(std::string_view check, const Finding& finding, int line, const Work& work) const {
    bool events = false;
    const auto mending = database.transact(
        [&](database::Session& session) {
            commerce::mysql::Transaction transaction(session, clock);
            auto outcome = work(session, transaction);
            const auto* done = std::get_if<Mended>(&outcome);
            if (done && !dryRun) {
                const auto subject = fmt::format("{} {} {}", check, finding.subject, finding.id);
                session.execute(sql::reconcile::add_audit,
                                {actor, core::shortened(subject, 300), detailOf(run, finding, done->what)});
                session.execute(
                    sql::reconcile::mark_repaired,
                    {core::shortened(done->what, 1000), session.lastInsertId(), run, std::int64_t{line}});
                events = transaction.hasEvents();
                fence(session);
            }
            return outcome;
        },
        [&](const Mending& outcome) {
            return std::holds_alternative<Mended>(outcome) && !dryRun ? database::Ending::commit
                                                                      : database::Ending::rollback;
        });
    if (const auto* done = std::get_if<Mended>(&mending)) {
        if (events && ring) ring();
        return {dryRun ? Verdict::proposed : Verdict::repaired, done->what};
    }
    if (const auto* person = std::get_if<ForPerson>(&mending)) return {Verdict::person, person->why};
    return {Verdict::gone, "it was all right when it was looked at again"};
}

} // namespace outboxd::commerce::mysql::reconcile
