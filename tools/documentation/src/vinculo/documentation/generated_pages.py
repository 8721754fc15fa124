"""The pages that are made from the repository when the site is built."""

from pathlib import Path

from vinculo.contracts.event_fields import field_problems
from vinculo.documentation.markdown import title
from vinculo.documentation.reference.commands import commands_page, commands_problems
from vinculo.documentation.reference.events import events_page, topic_pages
from vinculo.documentation.reference.metrics import metrics_page, metrics_problems
from vinculo.documentation.reference.permissions import permissions_page
from vinculo.documentation.reference.problems import problems_page
from vinculo.documentation.reference.settings import settings, settings_page, settings_problems


def generated_pages(root: Path) -> dict[str, str]:
    """The text of every generated page by its path below `docs`."""
    return {
        "decisions/index.md": decision_index(root),
        "reference/commands.md": commands_page(root),
        "reference/events.md": events_page(root),
        "reference/metrics.md": metrics_page(root),
        "reference/permissions.md": permissions_page(root),
        "reference/problems.md": problems_page(root),
        "reference/settings.md": settings_page(root),
        **topic_pages(root),
    }


def reference_problems(root: Path) -> list[str]:
    """What lacks a text: settings, event fields, metrics and commands."""
    return [
        *settings_problems(settings(root)),
        *field_problems(),
        *metrics_problems(root),
        *commands_problems(root),
    ]


def decision_index(root: Path) -> str:
    """The list of decision records."""
    records = sorted((root / "docs/decisions").glob("[0-9]*.md"))
    lines = [f"- [{title(path.read_text('utf-8'))}]({path.name})" for path in records]
    return (
        "# Decision records\n\nOne page per decision: context, decision, consequences, "
        "alternatives, and when to look at it again.\n\n" + "\n".join(lines) + "\n"
    )
