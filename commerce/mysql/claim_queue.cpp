#include "commerce/mysql/claim_queue.hpp"

#include "commerce/mysql/coupons.hpp"
#include "sql/coupon_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace outboxd::commerce::mysql {
namespace {

constexpr int kAttempts = 5;

std::string asked(const std::vector<ClaimRequest>& requests) {
    std::string list;
    for (const auto& [coupon, user] : requests)
        list += fmt::format("{}[{},{}]", list.empty() ? "" : ",", coupon.value, user.value);
    return "[" + list + "]";
}

std::int64_t countAhead(database::Session& session, const Claim& claim) {
    return session.query(sql::coupon_claims::count_ahead, {claim.coupon, claim.id, kCountedAhead})
        .front()
        .integer(0);
}

// coupon_claims.look_at_claims
std::optional<ClaimResult> resultFrom(const database::Row& row, const ClaimRequest& request) {
    if (row.isNull(0)) return CouponNotFound{request.coupon};
    if (row.isNull(1)) return UserNotFound{request.user};
    if (!row.isNull(7))
        return Queued{{.id = row.id<ClaimId>(7),
                       .coupon = request.coupon,
                       .user = request.user,
                       .state = claimStateFrom(row.bytes(8)),
                       .at = row.time(9),
                       .decidedAt = row.maybeTime(10)}};
    if (row.integer(3) != 0) return CouponNotStarted{row.time(2)};
    if (row.integer(5) != 0) return CouponEnded{row.time(4)};
    if (row.integer(6) != 0) return CouponSoldOut{request.coupon};
    return std::nullopt;
}

// Counts once per coupon, for the first in the queue; the others know of each other.
void setPositions(database::Session& session, std::vector<std::optional<ClaimResult>>& results) {
    std::map<CouponId, std::vector<Queued*>> waiting;
    for (auto& result : results) {
        auto* queued = result ? std::get_if<Queued>(&*result) : nullptr;
        if (queued && queued->claim.state == ClaimState::waiting)
            waiting[queued->claim.coupon].push_back(queued);
    }
    for (auto& [coupon, queue] : waiting) {
        std::sort(queue.begin(), queue.end(),
                  [](const auto* left, const auto* right) { return left->claim.id < right->claim.id; });
        auto position = countAhead(session, queue.front()->claim);
        ClaimId last;
        for (auto* queued : queue) {
            if (queued->claim.id != last) ++position; // the same user twice is one claim
            last = queued->claim.id;
            queued->position = position;
        }
    }
}

} // namespace

std::size_t ClaimQueue::append(const std::vector<ClaimRequest>& requests) {
    const auto list = asked(requests);
    const auto session = database_.session();
    for (int attempt = 1;; ++attempt) {
        try {
            return session->execute(sql::coupon_claims::append_claims, {list});
        } catch (const core::Error& error) {
            // Rolled back as a whole: a statement with autocommit.
            if (error.kind() != core::ErrorKind::contention || attempt == kAttempts) throw;
        }
    }
}

std::vector<std::optional<ClaimResult>> ClaimQueue::look(const std::vector<ClaimRequest>& requests) {
    const auto session = database_.session();
    const auto rows = session->query(sql::coupon_claims::look_at_claims, {asked(requests)});
    if (rows.size() != requests.size())
        throw core::Error(core::ErrorKind::internal, "look_at_claims has not one row for each request");
    std::vector<std::optional<ClaimResult>> results;
    results.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) results.push_back(resultFrom(rows[i], requests[i]));
    setPositions(*session, results);
    return results;
}

std::optional<Queued> ClaimQueue::find(CouponId coupon, UserId user) {
    const auto session = database_.session();
    const auto rows = session->query(sql::coupon_claims::claim_of_user, {coupon, user});
    if (rows.empty()) return std::nullopt;
    Queued queued{claimFrom(rows.front())};
    if (queued.claim.state == ClaimState::waiting) queued.position = countAhead(*session, queued.claim) + 1;
    return queued;
}

std::vector<Claim> ClaimQueue::decided(const std::vector<ClaimId>& claims) {
    std::string list;
    for (const auto id : claims) list += fmt::format("{}{}", list.empty() ? "" : ",", id.value);
    std::vector<Claim> decided;
    for (const auto& row : database_.session()->query(sql::coupon_claims::decided_claims, {"[" + list + "]"}))
        decided.push_back(claimFrom(row));
    return decided;
}

} // namespace outboxd::commerce::mysql
