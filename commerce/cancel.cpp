#include "commerce/cancel.hpp"

#include "commerce/order_events.hpp"
#include "commerce/release.hpp"
#include "commerce/require.hpp"
#include "platform/core/error.hpp"

#include <exception>

namespace outboxd::commerce {
namespace {

// `order` is locked and waiting.
void end(Transaction& transaction, const Order& order, OrderState state, const OutboxEvent& event) {
    require(transaction.orders().move(order.id, OrderState::waiting, state, std::nullopt),
            "an order changed its state while its row was locked");
    transaction.outbox().add(event);
    release(transaction, order); // locks stock, so it comes last
}

bool expire(Transaction& transaction, OrderId id) {
    const auto order = transaction.orders().lockIfFree(id);
    if (!order || order->state != OrderState::waiting || order->expiresAt > transaction.clock().today())
        return false;
    end(transaction, *order, OrderState::expired, orderExpired(transaction.clock(), *order, std::nullopt));
    return true;
}

// Whether the trouble may be with this one order alone.
bool isItsOwn(core::ErrorKind kind) {
    return kind == core::ErrorKind::contention || kind == core::ErrorKind::internal ||
           kind == core::ErrorKind::invalid_data;
}

} // namespace

CancelOrderResult cancelOrder(Transaction& transaction, const Valid<CancelOrder>& command) {
    auto order = transaction.orders().lock(command->order);
    if (!order || order->user != command->user) return OrderNotFound{command->order};
    if (order->state == OrderState::waiting) {
        end(transaction, *order, OrderState::cancelled,
            orderCancelled(transaction.clock(), *order, command->traceparent));
        order->state = OrderState::cancelled;
    } else if (order->state == OrderState::paying) {
        transaction.orders().requestCancel(order->id);
        order->cancelRequested = true;
    } else {
        return WrongState{order->state};
    }
    return *order;
}

ExpiryRound expireOrders(UnitOfWork& unitOfWork, int most, const std::function<bool()>& stop) {
    const auto overdue = transact(unitOfWork, [&](Transaction& transaction) {
        return transaction.orders().overdue(transaction.clock().today(), most);
    });
    ExpiryRound round{.seen = static_cast<int>(overdue.size())};
    std::exception_ptr first;
    for (const auto id : overdue) {
        if (stop()) break;
        try {
            const auto done = [&](Transaction& transaction) { return expire(transaction, id); };
            if (transact(unitOfWork, done, [](bool expired) { return expired; })) ++round.expired;
        } catch (const core::Error& error) {
            if (!isItsOwn(error.kind())) throw;
            if (!first) first = std::current_exception();
        }
    }
    if (first) std::rethrow_exception(first);
    return round;
}

} // namespace outboxd::commerce
