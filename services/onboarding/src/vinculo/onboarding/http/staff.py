"""Members of staff over HTTP: the names behind the ids in records and audit trails."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, Role, requires
from vinculo.onboarding.application.staff import StaffAccounts

Reader = Annotated[Principal, Depends(requires(Permission.AUDIT_READ))]


class StaffMemberAnswer(BaseModel):
    staff_id: UUID
    email: str
    role: Role
    added_at: datetime


class StaffAnswer(BaseModel):
    """All present members, by e-mail."""

    items: list[StaffMemberAnswer]


def staff_api(staff: StaffAccounts) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["staff"])

    @router.get("/staff")
    async def list_staff(_: Reader, response: Response) -> StaffAnswer:
        response.headers["cache-control"] = "no-store"
        return StaffAnswer(
            items=[
                StaffMemberAnswer(
                    staff_id=member.staff_id,
                    email=member.email,
                    role=Role(member.role),
                    added_at=member.added_at,
                )
                for member in await staff.members()
            ]
        )

    return router
