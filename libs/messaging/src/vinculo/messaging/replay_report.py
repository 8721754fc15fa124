"""What a replay did, for a person to read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one dead letter: applied, dropped, or waiting for a reason."""

    applied: bool = False
    why_waiting: str = ""
    released_stream: str = ""


@dataclass(slots=True)
class ReplayReport:
    """Names of dead letters by what became of them, and why the others still wait."""

    applied: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    released_streams: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        return len(self.applied) + len(self.dropped)

    def note(self, name: str, fate: Fate) -> None:
        if fate.why_waiting:
            self.waiting[name] = fate.why_waiting
        elif fate.applied:
            self.applied.append(name)
        else:
            self.dropped.append(name)
        if fate.released_stream:
            self.released_streams.append(fate.released_stream)

    def lines(self) -> list[str]:
        """Give what a command prints."""
        return [
            *(f"applied  {name}" for name in self.applied),
            *(f"dropped  {name}" for name in self.dropped),
            *(f"released {stream}" for stream in self.released_streams),
            *(f"waiting  {name}: {why}" for name, why in self.waiting.items()),
        ]
