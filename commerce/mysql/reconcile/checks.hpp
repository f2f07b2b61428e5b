// The checks of the shop's books. Each function adds some, one file for each subject.
#pragma once

#include "commerce/best_sellers.hpp"
#include "commerce/card_gateway.hpp"
#include "commerce/card_rules.hpp"
#include "commerce/mysql/audit.hpp"
#include "commerce/mysql/reconcile/repair.hpp"
#include "commerce/payment_watch.hpp"
#include "commerce/reconcile/claim_facts.hpp"
#include "commerce/reconcile/conduct.hpp"

namespace outboxd::commerce::mysql::reconcile {

using commerce::reconcile::Checks;

// What the checks of one run are made of; all must outlive them.
struct Books {
    database::Database& looks; // its statements may take long: a range of the largest tables
    Repairs& repairs;
    const CardRules& rules;
};

// Every check of the audit (commerce/mysql/audit.hpp), with a repair where there is one right answer.
void addAuditChecks(Checks& checks, const Books& books);

// sales_of_hours: what was sold in the hours of the last week that are closed and worked off. `topics`: where the ranking reads.
void addSalesCheck(Checks& checks, const Books& books, const std::string& topics);

// coupon_cache: what Redis believes of coupons that can be claimed, or could a day ago.
void addCacheCheck(Checks& checks, const Books& books, commerce::reconcile::ClaimFacts& facts);

// gateway_payments, gateway_refunds: what was settled of the last days, by inquiry, at most `perSecond` of them.
struct Ledger {
    CardGateway& gateway;
    PaymentWatch& watch;
    int perSecond = 50;
    std::chrono::seconds window = std::chrono::hours{72};
};
void addGatewayChecks(Checks& checks, const Books& books, const Ledger& ledger);

// ---- the repairs of audit checks, each for the finding of one; see audit_checks.cpp for which ----

using Repair = Mending (*)(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);

Mending mendBalance(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendRunning(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendStock(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendOverIssue(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendIssued(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendWinner(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendUsed(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendOrderPayment(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendEndedPayment(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendRefunded(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);
Mending mendReturned(database::Session&, commerce::mysql::Transaction&, const Books&, const Finding&);

// The number that a finding's id begins with. Throws core::Error(internal) if there is none.
std::int64_t numberOf(const Finding& finding);

} // namespace outboxd::commerce::mysql::reconcile
