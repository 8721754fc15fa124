"""A system full of people: generated applicants, operators and a credit system drive it.

The clients (`Applicant`, `Operator`, `CreditSystem`, `MailBox`) also drive the tests of journeys.
"""

from vinculo.local.demo.applicant import Applicant
from vinculo.local.demo.credit_system import CreditSystem
from vinculo.local.demo.demonstration import run
from vinculo.local.demo.gateway import Answer, Gateway, Refused
from vinculo.local.demo.mails import MailBox
from vinculo.local.demo.operations import Operator
from vinculo.local.demo.payers import payers
from vinculo.local.demo.people import Person, make_people
from vinculo.local.demo.staff import account, operator_of

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
