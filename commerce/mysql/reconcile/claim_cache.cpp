#include "commerce/mysql/reconcile/checks.hpp"
#include "platform/core/error.hpp"
#include "sql/reconcile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace outboxd::commerce::mysql::reconcile {
namespace {

namespace statements = outboxd::sql::reconcile;
using commerce::reconcile::ClaimFacts;
using database::Session;
using GoOn = std::function<bool()>;

constexpr int kCoupons = 100;   // in one statement
constexpr int kClaimants = 500; // the same
// A claim is told to the cache after its commit; by then it was.
constexpr std::chrono::seconds kTold{2};

struct CachedCoupon {
    CouponId id;
    bool soldOut = false;
    std::int64_t version = 0;
};

std::vector<UserId> claimantsAfter(Session& session, CouponId coupon, UserId after) {
    std::vector<UserId> users;
    for (const auto& row : session.query(statements::claimants_page, {coupon, after, kClaimants}))
        users.push_back(row.id<UserId>(0));
    return users;
}

// The cache tells in one breath who has a claim and that the others need not come: wrong in any of it, it turns somebody away.
class CacheCheck final : public Check {
public:
    CacheCheck(const Books& books, ClaimFacts& facts) : books_(books), facts_(facts) {}

    std::string_view name() const override { return "coupon_cache"; }
    bool repairs() const override { return true; }
    std::string_view remedy() const override {
        return "a repair has Redis forget the coupon, and fills it again from the database if it is sold out";
    }

    void look(Looking& looking) override {
        auto session = books_.looks.session();
        const GoOn goOn = [&] { return looking.goOn(); };
        std::vector<CachedCoupon> suspects;
        CouponId last;
        for (std::size_t page = kCoupons; page == kCoupons;) {
            const auto rows = session->query(statements::cached_coupons, {last, kCoupons});
            page = rows.size();
            for (const auto& row : rows) {
                if (!looking.goOn()) return;
                const CachedCoupon coupon{row.id<CouponId>(0), row.integer(1) != 0, row.integer(2)};
                last = coupon.id;
                if (!wrong(*session, goOn, coupon).empty()) suspects.push_back(coupon);
            }
        }
        if (suspects.empty() || !looking.rest(kTold)) return;
        for (const auto& coupon : suspects) {
            const auto found = wrongNow(*session, goOn, coupon.id);
            if (found.empty()) continue;
            looking.report({"coupon", std::to_string(coupon.id.value), "what the database says", found});
        }
    }

    Treated treat(const Finding& finding, int line) override {
        const CouponId coupon{numberOf(finding)};
        auto treated = books_.repairs.mend(name(), finding, line, [&](Session& session, auto&) -> Mending {
            const auto now = session.query(statements::coupon_now, {coupon});
            if (now.empty() || wrongNow(
                                   session, [] { return true; }, coupon)
                                   .empty())
                return AllRight{};
            return Mended{now.front().integer(0) != 0 ? "forgotten and filled again" : "forgotten"};
        });
        // After the commit: a cache that forgets costs speed alone, so it does no harm if this comes twice, late or never.
        if (treated.verdict == Verdict::repaired) refresh(coupon);
        return treated;
    }

private:
    // Empty: nothing.
    std::string wrong(Session& session, const GoOn& goOn, const CachedCoupon& coupon) {
        const bool turnsAway = facts_.believedSoldOut(coupon.id);
        std::string text;
        if (turnsAway && !coupon.soldOut) text = "sold out";
        if (const auto strangers = countStrangers(session, goOn, coupon.id); strangers > 0)
            text += fmt::format("{}{} users without a claim", text.empty() ? "" : ", ", strangers);
        if (!turnsAway) return text;
        if (const auto missing = countMissing(session, goOn, coupon.id); missing > 0)
            text += fmt::format("{}{} claimants missing", text.empty() ? "" : ", ", missing);
        return text;
    }
    std::string wrongNow(Session& session, const GoOn& goOn, CouponId id) {
        const auto now = session.query(statements::coupon_now, {id});
        if (now.empty()) return {};
        return wrong(session, goOn, {id, now.front().integer(0) != 0, now.front().integer(1)});
    }

    std::size_t countStrangers(Session& session, const GoOn& goOn, CouponId coupon) {
        std::set<UserId> strangers; // the cache may tell one twice
        std::string cursor = "0";
        do {
            const auto users = facts_.believedClaimants(coupon, cursor);
            std::set<UserId> known;
            std::string json = "[";
            for (const auto user : users) json += fmt::format("{}{}", json.size() > 1 ? "," : "", user.value);
            if (!users.empty())
                for (const auto& row : session.query(statements::claimants_among, {json + "]", coupon}))
                    known.insert(row.id<UserId>(0));
            for (const auto user : users)
                if (!known.contains(user)) strangers.insert(user);
        } while (cursor != "0" && goOn());
        return strangers.size();
    }

    std::size_t countMissing(Session& session, const GoOn& goOn, CouponId coupon) {
        std::size_t missing = 0;
        for (UserId after; goOn();) {
            const auto users = claimantsAfter(session, coupon, after);
            if (users.empty()) break;
            after = users.back();
            missing += facts_.missing(coupon, users).size();
        }
        return missing;
    }

    void refresh(CouponId coupon) {
        facts_.forget(coupon);
        auto session = books_.looks.session();
        const auto now = session->query(statements::coupon_now, {coupon});
        if (now.empty() || now.front().integer(0) == 0) return;
        facts_.restore(coupon, now.front().integer(1),
                       [&](UserId after) { return claimantsAfter(*session, coupon, after); });
    }

    const Books books_;
    ClaimFacts& facts_;
};

} // namespace

void addCacheCheck(Checks& checks, const Books& books, ClaimFacts& facts) {
    checks.push_back(std::make_unique<CacheCheck>(books, facts));
}

} // namespace outboxd::commerce::mysql::reconcile
