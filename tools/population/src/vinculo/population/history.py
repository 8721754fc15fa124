"""All that happens to one person, from the registration to where their course ends."""

import random

from vinculo.contracts.customer_registry import Status
from vinculo.population.applying import (
    Proofs,
    declare_employment,
    lapse,
    register,
    verify_email,
    withdraw_marketing,
)
from vinculo.population.courses import Course, Reach
from vinculo.population.documenting import accept, complete, deliver, open_dossier, reject, submit
from vinculo.population.inventing import Invention, invent
from vinculo.population.lending import CreditFile
from vinculo.population.recording import (
    erase,
    evaluate,
    move,
    promote,
    record_activation,
    record_lapse,
    record_registration,
)
from vinculo.population.telling import Telling

WITHDRAWN_EVERY = 20


def history_of(invention: Invention, number: int) -> Telling:
    """The person with this number and what is told of them, each stream in its order."""
    chance = random.Random(invention.seed << 32 | number)  # noqa: S311 - invents, guards nothing
    person = invent(invention, number, chance)
    telling, proofs = Telling(person, invention.until, chance), Proofs({})
    link = register(telling)
    open_dossier(telling)
    record_registration(telling)
    course = person.course
    if course.reach >= Reach.ACTIVATED:
        verify_email(telling, link, proofs)
        record_activation(telling)
    if course.reach >= Reach.EMPLOYED:
        declare_employment(telling, proofs)
    if course.reach >= Reach.COMPLETED:
        _go_through_review(telling, complete(telling, proofs), proofs)
    evaluate(telling, proofs)
    if course.reach is Reach.PROMOTED:
        promote(telling, proofs)
    telling.live_on()
    _live(telling, course)
    return telling


def _go_through_review(telling: Telling, document: str, proofs: Proofs) -> None:
    course = telling.person.course
    if course.is_rejected:
        reject(telling, document)
    if course.is_mended:
        document = deliver(telling)
        submit(telling, document)
    if course.reach is Reach.PROMOTED and telling.person.project == "default":
        accept(telling, document, proofs)


def _live(telling: Telling, course: Course) -> None:
    if course.is_lapsed:
        telling.pass_time(60 * 24 * 30)
        record_lapse(telling)
        lapse(telling)
    if telling.person.wants_marketing and telling.chance.randrange(WITHDRAWN_EVERY) == 0:
        withdraw_marketing(telling)
    CreditFile(telling).tell(course.lending)
    status = Status.ENABLED if course.reach is Reach.PROMOTED else Status.PENDING
    for after in course.moves:
        move(telling, status, after)
        status = after
    if course.is_erased:
        erase(telling)
