// Pages of what operators look at.
#pragma once

#include "scheduler/desk.hpp"

namespace outboxd::scheduler::mysql {

// `rows`: one more than the page holds was asked for, so that its end is known. `make`: an item of a row. `place`: what
// the next page begins after.
template <class Item, class Rows, class Make>
DeskList<Item> pageOf(const Rows& rows, const DeskPage& page, const Make& make,
                      std::int64_t Item::*place = &Item::id) {
    DeskList<Item> list;
    for (const auto& row : rows) {
        if (list.items.size() == static_cast<std::size_t>(page.limit)) {
            list.next = list.items.back().*place;
            break;
        }
        list.items.push_back(make(row));
    }
    return list;
}

} // namespace outboxd::scheduler::mysql
