"""The private package: how this company writes a price."""


def tag(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d} EUR"
