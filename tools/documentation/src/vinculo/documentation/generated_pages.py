"""The pages that are made from the repository when the site is built."""

from pathlib import Path

from vinculo.documentation.markdown import title


def generated_pages(root: Path) -> dict[str, str]:
    """The text of every generated page by its path below `docs`."""
    return {"decisions/index.md": decision_index(root)}


def decision_index(root: Path) -> str:
    """The list of decision records."""
    records = sorted((root / "docs/decisions").glob("[0-9]*.md"))
    lines = [f"- [{title(path.read_text('utf-8'))}]({path.name})" for path in records]
    return (
        "# Decision records\n\nOne page per decision: context, decision, consequences, "
        "alternatives, and when to look at it again.\n\n" + "\n".join(lines) + "\n"
    )
