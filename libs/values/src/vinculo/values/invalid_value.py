"""The error of all value rules."""


class InvalidValue(Exception):
    """The value is not valid; `code` is the reason, which has a message in every language.

    `values` are for the placeholders of the message, such as an age. `suggestion` is the value that
    was probably meant; only live checks show it, for confirmation, and it may be empty.
    """

    def __init__(self, code: str, *, suggestion: str | None = None, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.suggestion = suggestion
        self.values = values
