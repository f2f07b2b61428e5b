#include "sql/users.hpp"
#include "commerce/mysql/rows.hpp"
#include "commerce/mysql/transaction.hpp"
#include "platform/database/errors.hpp"
#include "sql/points.hpp"

namespace outboxd::commerce::mysql {

User userFrom(const database::Row& row) {
    return {.id = row.id<UserId>(0),
            .username = row.bytes(1),
            .email = row.bytes(2),
            .phoneNumber = row.maybeBytes(3),
            .createdAt = row.time(4)};
}

std::optional<UserId> Users::add(const User& user) {
    try {
        session_.execute(sql::users::insert_user,
                         {user.username, user.email, user.phoneNumber, user.createdAt, user.createdAt});
    } catch (const database::DuplicateKey&) {
        return std::nullopt;
    }
    const UserId id{session_.lastInsertId()};
    session_.execute(sql::points::insert_account, {id});
    return id;
}

bool Users::exists(UserId id) { return !session_.query(sql::users::user_exists, {id}).empty(); }

} // namespace outboxd::commerce::mysql
