// The jobs that join the shop and the schedule, one file each. Each says what happens if it runs twice, late, or dies
// half way. Their names, schedules and locks stand in daemon/settings/jobs.cpp.
#pragma once

#include "commerce/best_sellers.hpp"
#include "commerce/card_gateway.hpp"
#include "commerce/card_rules.hpp"
#include "commerce/payment_watch.hpp"
#include "daemon/coupon_part.hpp"
#include "daemon/jobs/fenced.hpp"
#include "daemon/settings/duration.hpp"
#include "platform/kafka/client.hpp"
#include "scheduler/dead_letter_retry.hpp"
#include "scheduler/topic_care.hpp"
#include "scheduler/topic_desk.hpp"

namespace outboxd::daemon {

class ReconcilePart;

// Removes idempotency records whose time is over. Twice, late or half done: the rest goes with the next run; each batch is
// a fenced transaction.
scheduler::Job idempotencyRetention(const JobParts& parts);

// Removes runs of jobs that are older than `days` days, but the last of each job, and reconciliations that are older than
// 90 days. Twice, late or half done: the rest goes with the next run; each batch is a fenced transaction.
scheduler::Job historyRetention(const JobParts& parts, std::int64_t days);

// Removes the notes of which event had its effect, `days` days old (0: none). It asks the brokers first for how long the
// topics can give an event again, and keeps the notes for longer, or for ever, if they must be. Twice, late or half done:
// the rest goes with the next run; each batch is a fenced transaction.
scheduler::Job processedRetention(const JobParts& parts, kafka::ClientSettings client, std::int64_t days);

// Removes events that were sent more than `days` days ago (0: none), and commands that were executed a week ago. Twice, late
// or half done: the rest goes with the next run; each batch is a fenced transaction.
scheduler::Job outboxRetention(const JobParts& parts, std::int64_t days);

// Rewrites the best sellers in `store` hourly, long before they expire, so that no expiry sends all nodes to the database.
// Twice or late: the later computation stays. Dies half way, or the lock is lost: what was there stays.
scheduler::Job top5Warm(const JobParts& parts, commerce::BestSellersStore& store, std::string topics);

// Ends orders that were not paid in time and gives back what they held. Twice: each order ends once, by compare and set;
// late: such an order cannot be paid any more, but keeps its stock so long; half done: each order is a transaction.
scheduler::Job orderExpiry(const JobParts& parts);
// Asks the gateway about payments and refunds without an answer, and sends refunds that are owed. Twice or half done:
// every call may be repeated under its key, every answer settles once. Late: orders stay in payment for longer. All
// must outlive the job.
scheduler::Job paymentRecovery(const JobParts& parts, commerce::CardGateway& gateway,
                               commerce::PaymentWatch& watch, const commerce::CardRules& rules);

// Takes pauses and repartitions of topics to their next step, see scheduler/topic_desk.hpp. Twice: each step is entered
// once, by compare and set. Late: the topic stays paused for longer. Half done: each step is a transaction. Both must
// outlive the job.
scheduler::Job topicChanges(scheduler::TopicDesk& desk, scheduler::TopicCluster& cluster);

// Pauses topics that wait for a person, so that others go on, and lifts that once they are ready; see
// scheduler/topic_care.hpp. Twice: a topic is paused once. Late: events wait in their lanes. Half done: each pause is a
// transaction, and what is left comes with the next run. All must outlive the job.
scheduler::Job topicCare(scheduler::TopicDesk& desk, scheduler::TopicReadiness& topics, core::Logger& logger);

// Decides waiting claims of coupons, in batches. Twice or half done: a decided claim is not touched again. Late: the
// claims wait.
scheduler::Job couponDrain(const JobParts& parts, const ShopSettings::Coupons& settings, CouponPart& coupons);

// Asks for a run of the reconciliation, of all checks. Twice: a run that waits is enough. Late: the books are looked at later.
// Half done: it is asked for, or not.
scheduler::Job reconcile(const JobParts& parts, bool repair);

// Makes the runs that wait, one at a time on all nodes, each check by check. Twice: repairs look again under locks, and every
// write is fenced. Late: operators wait. Half done: the run counts as interrupted; what was repaired stays so.
scheduler::Job reconcileRuns(const JobParts& parts, ReconcilePart& part);

// Reads what the last run came to into the metrics of this node. Twice or late: the figures are older.
scheduler::Job reconcileFigures(const JobParts& parts, ReconcilePart& part);

// Keeps Redis told which coupons are sold out, and fills it again after it lost them. Twice or half done: the fact is set
// last, for the version it was read with. Late: the database answers instead.
scheduler::Job couponFilter(const JobParts& parts, CouponPart& coupons);

// Tries dead letters again that are due, see scheduler/dead_letter_retry.hpp. Twice or half done: a letter goes when its effect
// is durable, under the fence, so an effect may be tried again, and each happens once per event. Late: letters and what is
// parked behind them wait. `retry` must outlive the job.
scheduler::Job deadLetterRetry(scheduler::DeadLetterRetry& retry);

} // namespace outboxd::daemon
