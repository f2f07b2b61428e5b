#include "commerce/claim_desk.hpp"

#include "platform/core/error.hpp"

#include <algorithm>

namespace outboxd::commerce {
namespace {

// A coupon that begins or sells out between two statements is looked at again.
constexpr int kRounds = 3;

} // namespace

ClaimResult ClaimDesk::claim(const ClaimRequest& request) {
    Item item{request};
    if (!combiner_.run(item))
        throw core::Error(core::ErrorKind::overloaded, "more claims came than the database takes in");
    if (item.error) std::rethrow_exception(item.error);
    return *item.result;
}

void ClaimDesk::serve(std::span<Item* const> items) noexcept {
    Figures figures{.batches = 1};
    try {
        std::vector<ClaimRequest> requests;
        for (const auto* item : items) requests.push_back(item->request);
        auto results = answers(requests, figures);
        for (std::size_t i = 0; i < items.size(); ++i) items[i]->result = results[i];
    } catch (...) {
        for (auto* item : items) item->error = std::current_exception();
        figures = {.failed = items.size(), .batches = 1};
    }
    const std::lock_guard lock(mutex_);
    figures_.queued += figures.queued;
    figures_.repeated += figures.repeated;
    figures_.soldOut += figures.soldOut;
    figures_.refused += figures.refused;
    figures_.failed += figures.failed;
    figures_.batches += figures.batches;
    figures_.filtered += figures.filtered;
}

std::vector<ClaimResult> ClaimDesk::answers(const std::vector<ClaimRequest>& requests, Figures& figures) {
    const auto hints = filter_.ask(requests);
    std::vector<std::optional<ClaimResult>> results(requests.size());
    std::vector<std::size_t> open;   // places that the database is asked about
    std::vector<ClaimRequest> fresh; // of these, those that nobody knows a claim of
    for (std::size_t place = 0; place < requests.size(); ++place) {
        if (hints[place] != ClaimHint::none) ++figures.filtered;
        if (hints[place] == ClaimHint::sold_out) {
            results[place] = CouponSoldOut{requests[place].coupon};
            continue;
        }
        open.push_back(place);
        if (hints[place] == ClaimHint::none) fresh.push_back(requests[place]);
    }
    for (int round = 0; !open.empty(); ++round) {
        if (round == kRounds)
            throw core::Error(core::ErrorKind::contention, "a claim was neither appended nor refused");
        if (!fresh.empty()) figures.queued += queue_.append(fresh);
        std::vector<ClaimRequest> asked;
        for (const auto place : open) asked.push_back(requests[place]);
        const auto found = queue_.look(asked);
        fresh.clear();
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < open.size(); ++i) {
            if (found[i]) {
                results[open[i]] = found[i];
            } else {
                left.push_back(open[i]); // the filter knew of a claim that there is not, say
                fresh.push_back(asked[i]);
            }
        }
        open = std::move(left);
    }

    std::vector<ClaimResult> complete;
    std::vector<ClaimRequest> claimed;
    for (std::size_t place = 0; place < requests.size(); ++place) {
        const auto& result = complete.emplace_back(results[place].value());
        if (std::holds_alternative<Queued>(result)) {
            ++figures.repeated;
            if (hints[place] == ClaimHint::none) claimed.push_back(requests[place]);
        } else if (std::holds_alternative<CouponSoldOut>(result)) {
            ++figures.soldOut;
        } else {
            ++figures.refused;
        }
    }
    figures.repeated -= std::min(figures.repeated, figures.queued);
    if (!claimed.empty()) filter_.claimed(claimed);
    return complete;
}

ClaimDesk::Figures ClaimDesk::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

} // namespace outboxd::commerce
