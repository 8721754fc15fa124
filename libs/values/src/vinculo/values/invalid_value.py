"""The one error of all value rules."""


class InvalidValue(Exception):
    """The value cannot be accepted; `code` says why and has a message in every language.

    `values` fill the placeholders of the message, such as an age.
    """

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
