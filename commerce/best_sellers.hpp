// The five products that sold best in the last three days, and where they are read and kept.
#pragma once

#include "commerce/ranking.hpp"

namespace outboxd::commerce {

inline constexpr int kBestSellers = 5;

struct BestSeller {
    ProductId product;
    std::string name;
    core::Money price;
    std::int64_t stock = 0;
    std::int64_t sold = 0; // above zero

    friend bool operator==(const BestSeller&, const BestSeller&) = default;
};

struct BestSellers {
    // Every sale and refund that was committed before this is counted; later ones may be. Empty while the listener has
    // never caught up since it was set up.
    std::optional<core::Timestamp> asOf;
    core::Timestamp computedAt;    // by the database's clock: of two answers the later one is the better one
    std::vector<BestSeller> items; // by quantity, then by id

    friend bool operator==(const BestSellers&, const BestSellers&) = default;
};

// Works them out from the figures of the SalesLedger. Thread-safe. Throws core::Error.
class SalesReader {
public:
    virtual ~SalesReader() = default;
    virtual BestSellers bestSellers(HourRange hours) = 0;
};

// Keeps them for all nodes, as long as it likes: it is never the truth. Thread-safe. Throws core::Error.
class BestSellersStore {
public:
    struct Found {
        std::optional<BestSellers> kept;
        // It is the caller's turn to work them out anew: said to one of all callers at a time, and again after a moment
        // whether it did so or not; and to everybody while what is kept is older than two such moments.
        bool renew = false;
    };
    virtual ~BestSellersStore() = default;
    virtual Found look() = 0;
    // Nothing happens if what is kept was computed later.
    virtual void keep(const BestSellers& best) = 0;
};

// As text, for a store.
std::string encode(const BestSellers& best);
// Empty if it is not what encode() of this version writes.
std::optional<BestSellers> decode(std::string_view text);

} // namespace outboxd::commerce
