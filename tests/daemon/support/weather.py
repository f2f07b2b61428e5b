"""How the card gateway misbehaves while a crowd shops."""

# What happens to the gateway, one a tick, again and again. What is held on arrival stays so until the shop has given it up.
WEATHER = (
    {"turns": [{"hold": "arrival"}, {"hold": "reply"}, {"outcome": "pending"}, {"answers": False}]},
    {"callbacks": "hold"},
    {"turns": [{"outcome": "pending"}, {"hold": "arrival", "forged": True}, {"answers": False, "callbacks": 5}]},
    {"callbacks": "reversed"},
    {"settlePending": "declined"},
    {"turns": [{"outcome": "declined", "callbacks": 5, "forged": True}, {"outcome": "declined", "answers": False}]},
    {"callbacks": "hold"},
    {"callbacks": "flow", "settlePending": "succeeded"},
    {},
    {"release": True},
    {"down": True},
    {"down": False},
)
EVERYDAY = {"declined": 10, "silent": 5, "duplicated": 30, "forged": 20, "seed": 1}


def fair(gateway):
    """All that was held goes on, and nothing goes wrong by chance. Turns that are left still come: say it again."""
    gateway.tell(mix={}, callbacks="flow", release=True, down=False, settlePending="succeeded")
