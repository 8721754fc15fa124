/** Members of staff: the list, and changes, each on the version that was read. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";

export type StaffMember = components["schemas"]["StaffMemberAnswer"];
export type StaffState = components["schemas"]["StaffState"];
export type Invitation = components["schemas"]["StaffInvitationBody"];
export type AssignableRole = Invitation["role"];

export const ROLES: AssignableRole[] = ["viewer", "reviewer", "operator", "admin", "auditor"];
export const STATES: StaffState[] = ["active", "invited", "ended"];

export type StaffCommand =
  | { kind: "invite"; body: Invitation }
  | { kind: "again" | "withdraw" | "end"; member: StaffMember }
  | { kind: "role"; member: StaffMember; role: AssignableRole };

const KEY = ["staff"];

export function useStaff() {
  return useQuery<StaffMember[], ApiProblem>({
    queryKey: KEY,
    queryFn: async () => (await unwrap(onboarding.GET("/onboarding/v1/staff"))).items,
    staleTime: 60_000,
  });
}

export function useRefreshStaff(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEY });
}

export function isExpired(member: StaffMember): boolean {
  const expiry = member.invitation_expires_at;
  return member.state === "invited" && expiry !== null && new Date(expiry).getTime() <= Date.now();
}

export function sendStaffCommand(command: StaffCommand, key: string): Promise<unknown> {
  if (command.kind === "invite") {
    return unwrap(
      onboarding.POST("/onboarding/v1/staff", {
        params: { header: { "Idempotency-Key": key } },
        body: command.body,
      }),
    );
  }
  const params = {
    path: { staff_id: command.member.staff_id },
    header: { "If-Match": `"${command.member.version}"` },
  };
  switch (command.kind) {
    case "again":
      return unwrap(onboarding.POST("/onboarding/v1/staff/{staff_id}/invitations", { params }));
    case "withdraw":
      return unwrap(onboarding.DELETE("/onboarding/v1/staff/{staff_id}/invitation", { params }));
    case "end":
      return unwrap(onboarding.POST("/onboarding/v1/staff/{staff_id}/end", { params }));
    case "role":
      return unwrap(
        onboarding.PUT("/onboarding/v1/staff/{staff_id}/role", {
          params,
          body: { role: command.role },
        }),
      );
  }
}
