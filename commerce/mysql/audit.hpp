// Do the shop's tables agree with each other? One check for each promise about stock, points, coupons, orders, payments
// and events; sql/queries/audit.sql says which.
#pragma once

#include "platform/core/clock.hpp"
#include "platform/database/session.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace outboxd::commerce::mysql {

// Something that cannot be if every change was made as a whole, and only by the shop.
struct Violation {
    std::string check;   // the name of the statement that found it
    std::string subject; // "order", "payment", ...
    std::string id;      // which of them
    std::string expected;
    std::string found;
};

struct AuditCheck {
    const database::Statement* statement; // its rows: subject, id, expected, found
    const database::Statement* next;      // the ranges that it is to be run over

    // The part of the statement's name after the dot.
    std::string name() const;
};

// All of them, in an order in which a person may read the findings.
std::span<const AuditCheck> auditChecks();

struct AuditScope {
    // Rows of the checked table that one statement looks at.
    std::int64_t batch = 10'000;
    // Orders placed before are not checked for their events: retention may have removed those.
    core::Timestamp eventsSince{};
};

// Runs one check over the whole of its table, range by range, and reports what it finds. Changes and locks nothing, and
// holds for a shop at work: a statement sees one moment. False if `goOn`, asked before each range, said no. Throws core::Error; the
// session's statement limit should allow for a range of the largest tables.
bool audit(database::Session& session, const AuditCheck& check, const AuditScope& scope,
           const std::function<void(const Violation&)>& report, const std::function<bool()>& goOn = {});

} // namespace outboxd::commerce::mysql
