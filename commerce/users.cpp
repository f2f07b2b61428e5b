#include "commerce/users.hpp"

namespace outboxd::commerce {

void CreateUser::check(Problems& problems) const {
    problems.length("/username", username, 1, 64);
    problems.length("/email", email, 3, 254);
    const auto at = email.find('@');
    if (at == 0 || at == std::string::npos || at != email.rfind('@') || at + 1 == email.size()) {
        problems.add("/email", "must be an address with one @ between two parts");
    }
    if (phoneNumber) problems.length("/phoneNumber", *phoneNumber, 1, 32);
}

CreateUserResult createUser(Transaction& transaction, const Valid<CreateUser>& command) {
    User user{.id = {},
              .username = command->username,
              .email = command->email,
              .phoneNumber = command->phoneNumber,
              .createdAt = transaction.clock().today()};
    const auto id = transaction.users().add(user);
    if (!id) return UsernameTaken{};
    user.id = *id;
    return user;
}

} // namespace outboxd::commerce
