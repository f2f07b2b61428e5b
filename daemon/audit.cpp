#include "daemon/audit.hpp"

#include "commerce/mysql/audit.hpp"
#include "daemon/stores.hpp"
#include "platform/database/migrator.hpp"
#include "sql/migrations.hpp"

#include <fmt/format.h>

namespace outboxd::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kStatementLimit = 10min; // a range of a large shop takes longer than a request may
constexpr int kPrinted = 20;            // of one check; a broken shop may have millions

void requireSchema(const database::ConnectionSettings& connection) {
    if (database::Migrator(connection, sql::migrations).pending().empty()) return;
    throw core::Error(core::ErrorKind::misconfigured, "the database lacks migrations of this program",
                      "outboxd migrate --config FILE");
}

} // namespace

ExitCode audit(const Configuration& configuration, std::ostream& out) {
    auto connection = connectionSettings(configuration.settings());
    requireSchema(connection);
    connection.statementTimeout = kStatementLimit;
    database::Session session(connection);
    int all = 0;
    for (const auto& check : commerce::mysql::auditChecks()) {
        int found = 0;
        commerce::mysql::audit(session, check, {}, [&](const commerce::mysql::Violation& violation) {
            if (++found > kPrinted) return;
            out << fmt::format("{}: {} {}: expected {}; found {}\n", violation.check, violation.subject,
                               violation.id, violation.expected, violation.found);
        });
        if (found > kPrinted) out << fmt::format("{}: and {} more\n", check.name(), found - kPrinted);
        all += found;
    }
    out << fmt::format("{} checks, {}\n", commerce::mysql::auditChecks().size(),
                       all == 0   ? "no violation"
                       : all == 1 ? "1 violation"
                                  : fmt::format("{} violations", all))
        << std::flush;
    if (!out) return ExitCode::no_output;
    return all == 0 ? ExitCode::ok : ExitCode::violations;
}

} // namespace outboxd::daemon
