// What must hold while the rows concerned are locked. Internal to commerce/.
#pragma once

#include "platform/core/error.hpp"

namespace outboxd::commerce {

// Throws core::Error(internal), which rolls the transaction back: `what` names the defect, and is no refusal.
inline void require(bool holds, const char* what) {
    if (!holds) throw core::Error(core::ErrorKind::internal, what);
}

} // namespace outboxd::commerce
