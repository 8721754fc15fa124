"""A system full of people: generated applicants, operators and a credit system drive it.

The clients (`Applicant`, `Operator`, `CreditSystem`, `MailBox`) also drive the tests of journeys.
"""

from vinculo.simulation.applicant import Applicant
from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.demonstration import run
from vinculo.simulation.gateway import Answer, Gateway, Refused
from vinculo.simulation.mails import MailBox
from vinculo.simulation.operations import Operator
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
from vinculo.simulation.staff import account, operator_of

__all__ = [
    "Answer",
    "Applicant",
    "CreditSystem",
    "Gateway",
    "MailBox",
    "Operator",
    "Person",
    "Refused",
    "account",
    "make_people",
    "operator_of",
    "payers",
    "run",
]
