// Making users. Reading them: shop_reader.hpp.
#pragma once

#include "commerce/model.hpp"
#include "commerce/ports.hpp"
#include "commerce/valid.hpp"

#include <variant>

namespace outboxd::commerce {

struct CreateUser {
    std::string username;                   // /username, 1 to 64 characters, unique, case matters
    std::string email;                      // /email, 3 to 254 characters with one @ inside
    std::optional<std::string> phoneNumber; // /phoneNumber, 1 to 32 characters

    void check(Problems& problems) const;
};

struct UsernameTaken {};

using CreateUserResult = std::variant<User, UsernameTaken>;

// The user and their empty point account.
CreateUserResult createUser(Transaction& transaction, const Valid<CreateUser>& command);

} // namespace outboxd::commerce
