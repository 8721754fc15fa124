"""Policy files that differ from the shipped one."""

from pathlib import Path

EMAIL_ONLY = """
[projects]
default = "reviewed"
[[policies.reviewed]]
code = "email_verified"
facts = ["email_verified"]
expression = "email_verified"
title_es = "Correo verificado"
title_en = "E-mail verified"
"""
ADULTS = """
[projects]
default = "adults"
[[policies.adults]]
code = "adult"
facts = ["age_years"]
expression = "age_years >= 18"
title_es = "Mayor de edad"
title_en = "Of age"
[[policies.adults]]
code = "few_loans"
facts = ["active_loans"]
expression = "12 / active_loans > 3"
title_es = "Pocos créditos"
title_en = "Few loans"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policies.toml"
    path.write_text(text, "utf-8")
    return path
