"""How the card gateway misbehaves while a crowd shops."""

# What happens to the gateway, one a tick, again and again. What is held on arrival stays so until the shop has given it up.
# Cards are declined and left pending by their tokens, so that it never is a refund: that would be a person's work.
WEATHER = (
    {"turns": [{"hold": "arrival"}] * 4 + [{"hold": "reply"}, {"answers": False}]},
    {"callbacks": "hold"},
    {"turns": [{"hold": "arrival", "forged": True}] * 4 + [{"answers": False, "callbacks": 5}]},
    {"callbacks": "reversed"},
    {"settlePending": "declined"},
    {"turns": [{"answers": False, "forged": True}, {"callbacks": 5}]},
    {"callbacks": "hold"},
    {"callbacks": "flow", "settlePending": "succeeded"},
    {},
    {"release": True},
    {"down": True},
    {"down": False},
)
EVERYDAY = {"silent": 5, "duplicated": 30, "forged": 20, "seed": 1}


def fair(gateway):
    """All that was held goes on, and nothing goes wrong by chance. Turns that are left still come: say it again."""
    gateway.tell(mix={}, callbacks="flow", release=True, down=False, settlePending="succeeded")
