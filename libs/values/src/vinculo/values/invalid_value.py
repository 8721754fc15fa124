"""The error of all value rules."""


class InvalidValue(Exception):
    """The value is not valid; `code` is the reason, which has a message in every language.

    `values` are for the placeholders of the message, such as an age.
    """

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
