#include "tests/support/fake_shop.hpp"

#include "platform/core/error.hpp"

#include <algorithm>
#include <limits>

namespace outboxd::testing {
namespace {

using namespace commerce;

template <class Map> auto maybe(const Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional{found->second};
}

// `items` by ascending id.
template <class Item> Page<Item> newestFirst(std::vector<Item> items, const PageRequest& page) {
    Page<Item> result;
    const auto before = page.cursor.value_or(std::numeric_limits<std::int64_t>::max());
    std::erase_if(items, [&](const auto& item) { return item.id.value >= before; });
    std::reverse(items.begin(), items.end());
    if (items.size() > static_cast<std::size_t>(page.limit)) {
        items.resize(static_cast<std::size_t>(page.limit));
        result.next = items.back().id.value;
    }
    result.items = std::move(items);
    return result;
}

// Every port in one: works on a copy of the rows, which is kept or dropped as a whole.
class FakeTransaction final : public Transaction, Users, Accounts, Products, Orders, Outbox, IdempotencyKeys {
public:
    FakeTransaction(const core::Clock& clock, FakeShop::Rows& rows, const std::set<FakeShop::Key>& held,
                    const std::function<bool(const FakeShop::Key&)>& overtaken)
        : clock_(clock), rows_(rows), held_(held), overtaken_(overtaken), coupons_(rows.coupons, rows.lastId),
          claims_(rows), carts_(rows.carts, rows.users), userCoupons_(rows.userCoupons),
          compensations_(rows.compensations), payments_(rows.payments, rows.lastId),
          refunds_(rows.refunds, rows.payments, rows.lastId), gatewayCallbacks_(rows.gatewayCallbacks) {}

    const core::Clock& clock() const override { return clock_; }
    Users& users() override { return *this; }
    Accounts& accounts() override { return *this; }
    Products& products() override { return *this; }
    Carts& carts() override { return carts_; }
    Orders& orders() override { return *this; }
    Coupons& coupons() override { return coupons_; }
    Claims& claims() override { return claims_; }
    Payments& payments() override { return payments_; }
    Refunds& refunds() override { return refunds_; }
    GatewayCallbacks& gatewayCallbacks() override { return gatewayCallbacks_; }
    UserCoupons& userCoupons() override { return userCoupons_; }
    Compensations& compensations() override { return compensations_; }
    Outbox& outbox() override { return *this; }
    IdempotencyKeys& idempotencyKeys() override { return *this; }

private:
    // Users
    std::optional<UserId> add(const User& user) override {
        for (const auto& [id, other] : rows_.users) {
            if (other.username == user.username) return std::nullopt;
        }
        const UserId id{++rows_.lastId};
        rows_.users[id] = user;
        rows_.users[id].id = id;
        rows_.balances[id] = core::Money{};
        return id;
    }
    bool exists(UserId id) override { return rows_.users.contains(id); }

    // Accounts
    std::optional<core::Money> change(UserId user, core::Money amount, core::Money most) override {
        const auto account = rows_.balances.find(user);
        if (account == rows_.balances.end()) return std::nullopt;
        const auto result = account->second.plus(amount);
        if (!result || *result < core::Money{} || *result > most) return std::nullopt;
        account->second = *result;
        return result;
    }
    std::optional<core::Money> balance(UserId user) override { return maybe(rows_.balances, user); }
    void record(UserId user, const HistoryEntry& entry) override {
        auto& history = rows_.histories[user];
        history.push_back(entry);
        history.back().id = HistoryId{++rows_.lastId};
    }

    // Products
    ProductId add(const Product& product) override {
        const ProductId id{++rows_.lastId};
        rows_.products[id] = product;
        rows_.products[id].id = id;
        return id;
    }
    std::vector<Product> find(const std::vector<ProductId>& ids) override {
        std::vector<Product> found;
        for (const auto& [id, product] : rows_.products) {
            if (std::find(ids.begin(), ids.end(), id) != ids.end()) found.push_back(product);
        }
        return found;
    }
    bool take(const Product& product, std::int64_t quantity) override {
        const auto found = rows_.products.find(product.id);
        if (found == rows_.products.end() || found->second.stock < quantity) return false;
        found->second.stock -= quantity;
        return true;
    }
    void giveBack(const std::vector<Pieces>& pieces) override {
        for (const auto& [product, quantity] : pieces) {
            const auto found = rows_.products.find(product);
            if (found == rows_.products.end())
                throw core::Error(core::ErrorKind::internal, "no such product");
            found->second.stock += quantity;
        }
    }

    bool spread(ProductId product, int slots) override {
        const auto found = rows_.products.find(product);
        if (found == rows_.products.end()) return false;
        found->second.slots = slots;
        return true;
    }
    AdjustmentId record(const StockAdjustment& adjustment) override {
        rows_.adjustments.push_back(adjustment);
        return rows_.adjustments.back().id = AdjustmentId{++rows_.lastId};
    }

    // Orders
    OrderId add(const Order& order) override {
        const OrderId id{++rows_.lastId};
        rows_.orders[id] = order;
        rows_.orders[id].id = id;
        return id;
    }
    std::optional<Order> lock(OrderId id) override { return maybe(rows_.orders, id); }
    bool move(OrderId id, OrderState from, OrderState to,
              std::optional<core::Timestamp> completedAt) override {
        const auto found = rows_.orders.find(id);
        if (found == rows_.orders.end() || found->second.state != from) return false;
        found->second.state = to;
        if (completedAt) found->second.completedAt = completedAt;
        return true;
    }
    bool requestCancel(OrderId id) override {
        const auto found = rows_.orders.find(id);
        if (found == rows_.orders.end() || found->second.state != OrderState::paying) return false;
        return found->second.cancelRequested = true;
    }
    std::vector<OrderId> overdue(core::Timestamp now, int limit) override {
        std::multimap<core::Timestamp, OrderId> found;
        for (const auto& [id, order] : rows_.orders) {
            if (order.state == OrderState::waiting && order.expiresAt <= now)
                found.emplace(order.expiresAt, id);
        }
        std::vector<OrderId> ids;
        for (const auto& [at, id] : found) {
            if (ids.size() < static_cast<std::size_t>(limit)) ids.push_back(id);
        }
        return ids;
    }
    std::optional<Order> lockIfFree(OrderId id) override { return maybe(rows_.orders, id); }

    // Outbox
    void add(const OutboxEvent& event) override { rows_.events.push_back(event); }

    // IdempotencyKeys
    std::variant<KeyAbsent, KeyLocked, IdempotencyRecord> lock(const std::string& scope,
                                                               const std::string& key) override {
        if (held_.contains({scope, key})) return KeyLocked{};
        const auto found = rows_.keys.find({scope, key});
        if (found == rows_.keys.end()) return KeyAbsent{};
        return found->second;
    }
    bool add(const std::string& scope, const std::string& key, const RequestHash& hash,
             core::Timestamp expiresAt) override {
        if (overtaken_({scope, key})) return false;
        return rows_.keys.try_emplace({scope, key}, IdempotencyRecord{hash, false, {}, 0, "", expiresAt})
            .second;
    }
    void replace(const std::string& scope, const std::string& key, const RequestHash& hash,
                 core::Timestamp expiresAt) override {
        rows_.keys.at({scope, key}) = {hash, false, {}, 0, "", expiresAt};
    }
    void complete(const std::string& scope, const std::string& key, int status,
                  const std::string& body) override {
        auto& record = rows_.keys.at({scope, key});
        record.done = true;
        record.status = status;
        record.body = body;
    }
    void leaveTo(const std::string& scope, const std::string& key, const Underway& underway) override {
        rows_.keys.at({scope, key}).underway = underway;
    }

    const core::Clock& clock_;
    FakeShop::Rows& rows_;
    const std::set<FakeShop::Key>& held_;
    const std::function<bool(const FakeShop::Key&)>& overtaken_;
    FakeCoupons coupons_;
    FakeClaims<FakeShop::Rows> claims_;
    FakeCarts carts_;
    FakeUserCoupons userCoupons_;
    FakeCompensations compensations_;
    FakePayments payments_;
    FakeRefunds refunds_;
    FakeGatewayCallbacks gatewayCallbacks_;
};

} // namespace

void FakeShop::run(const std::function<Ending(Transaction&)>& work) {
    bool added = false;
    {
        const std::lock_guard lock(mutex_);
        auto rows = rows_;
        const std::function<bool(const Key&)> overtaken = [this](const Key& key) {
            if (!overtaking_) return false;
            rows_.keys[key] = *std::exchange(overtaking_, std::nullopt);
            return true;
        };
        FakeTransaction transaction(clock_, rows, held_, overtaken);
        if (work(transaction) == Ending::commit) {
            added = rows.events.size() > rows_.events.size();
            rows_ = std::move(rows);
        }
    }
    if (added && onCommitted_) onCommitted_();
}

void FakeShop::plant(UserId user, CouponId coupon, UserCouponState state, std::optional<OrderId> order) {
    const std::lock_guard lock(mutex_);
    UserCoupon held{UserCouponId{++rows_.lastId}, coupon, user, state, {}, order, clock_.today(), {}};
    rows_.userCoupons[held.id] = held;
}

std::optional<User> FakeShop::user(UserId id) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.users, id);
}

std::optional<core::Money> FakeShop::balance(UserId user) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.balances, user);
}

Page<HistoryEntry> FakeShop::history(UserId user, const PageRequest& page) {
    const std::lock_guard lock(mutex_);
    return newestFirst(maybe(rows_.histories, user).value_or(std::vector<HistoryEntry>{}), page);
}

Page<StockAdjustment> FakeShop::adjustments(ProductId product, const PageRequest& page) {
    const std::lock_guard lock(mutex_);
    auto all = rows_.adjustments;
    std::erase_if(all, [&](const auto& adjustment) { return adjustment.product != product; });
    return newestFirst(std::move(all), page);
}

Page<Order> FakeShop::orders(UserId user, std::optional<OrderState> state, const PageRequest& page) {
    const std::lock_guard lock(mutex_);
    std::vector<Order> all;
    for (const auto& [id, order] : rows_.orders) {
        if (order.user == user && (!state || order.state == *state)) all.push_back(order);
    }
    return newestFirst(std::move(all), page);
}

std::optional<Cart> FakeShop::cart(UserId user) {
    const std::lock_guard lock(mutex_);
    if (!rows_.users.contains(user)) return std::nullopt;
    Cart cart{user, {}, {}};
    for (const auto& [product, quantity] : rows_.carts[user])
        cart.items.push_back({rows_.products.at(product), quantity});
    cart.total = totalOf(cart.items);
    return cart;
}

std::optional<Product> FakeShop::product(ProductId id) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.products, id);
}

Page<Product> FakeShop::products(const PageRequest& page) {
    const std::lock_guard lock(mutex_);
    Page<Product> result;
    const auto start = rows_.products.upper_bound(ProductId{page.cursor.value_or(0)});
    for (auto it = start; it != rows_.products.end(); ++it) {
        if (result.items.size() == static_cast<std::size_t>(page.limit)) {
            result.next = result.items.back().id.value;
            break;
        }
        result.items.push_back(it->second);
    }
    return result;
}

std::optional<Order> FakeShop::order(OrderId id) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.orders, id);
}

std::optional<Payment> FakeShop::payment(PaymentId id) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.payments, id);
}

std::optional<Refund> FakeShop::refund(RefundId id) {
    const std::lock_guard lock(mutex_);
    return maybe(rows_.refunds, id);
}

Page<Refund> FakeShop::refunds(PaymentId payment, const PageRequest& page) {
    const std::lock_guard lock(mutex_);
    Page<Refund> result;
    for (const auto& [id, refund] : rows_.refunds) {
        if (refund.payment != payment || id.value <= page.cursor.value_or(0)) continue;
        if (result.items.size() == static_cast<std::size_t>(page.limit)) {
            result.next = result.items.back().id.value;
            break;
        }
        result.items.push_back(refund);
    }
    return result;
}

std::vector<OutboxEvent> FakeShop::events() const {
    const std::lock_guard lock(mutex_);
    return rows_.events;
}

} // namespace outboxd::testing
