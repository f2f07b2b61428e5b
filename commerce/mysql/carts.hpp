// Carts on one session. Statements: sql/queries/carts.sql.
#pragma once

#include "commerce/cart_ports.hpp"
#include "platform/database/session.hpp"

namespace outboxd::commerce::mysql {

class Carts final : public commerce::Carts {
public:
    explicit Carts(database::Session& session) : session_(session) {}
    std::optional<std::vector<Pieces>> lock(UserId user) override;
    void put(UserId user, const Pieces& pieces, core::Timestamp at) override;
    void remove(UserId user, ProductId product) override;
    void clear(UserId user) override;

private:
    database::Session& session_;
};

} // namespace outboxd::commerce::mysql
