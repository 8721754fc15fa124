"""Why a command on a payer is refused."""


class PayerCommandRefused(Exception):
    """The payer's rules do not allow the command in its present state."""


class AnotherPayerIsHere(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("this stream belongs to another payer")


class NoSuchPayer(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("there is no such payer")


class NotAProposal(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("only a proposal that is still open is accepted or refused")


class NotInCatalogue(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("a proposal has to be accepted before anything else is done with it")


class SamePayerNotNamed(PayerCommandRefused):
    def __init__(self) -> None:
        super().__init__("a duplicate names the payer that it duplicates, and nothing else does")
