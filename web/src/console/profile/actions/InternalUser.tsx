/** Makes a customer an internal user with a role, changes the role, or takes it back. */
import { App, Select } from "antd";
import { useState } from "react";
import { registry } from "@/api/clients";
import type { components } from "@/api/generated/registry";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../../ui/CommandDialog";
import { Labelled } from "../../ui/Labelled";
import { ReasonField } from "../../ui/ReasonFields";
import { type Profile, useRefreshPerson, useRegistryRecord } from "../api";

type Grant = components["schemas"]["InternalUserGrant"];

const ROLES: Grant["role"][] = ["viewer", "reviewer", "operator", "admin", "auditor"];
const REASONS: Grant["reason_code"][] = [
  "joined_staff",
  "duties_changed",
  "left_staff",
  "mistake",
  "other",
];

interface Change {
  role: Grant["role"] | "none";
  reason: Grant["reason_code"];
  etag: string;
}

export function InternalUser({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const personId = profile.person_id;
  const record = useRegistryRecord(personId);
  const refresh = useRefreshPerson(personId);
  const current = record.data?.data.internal_role ?? null;
  const [role, setRole] = useState<Change["role"] | null>(null);
  const [reason, setReason] = useState<Change["reason"] | null>(null);
  const command = useCommand<Change, unknown>(
    (change, key) => send(personId, change, key),
    async () => {
      await refresh();
      void message.success(t("internal.done"));
      onClose();
    },
  );

  function submit(): void {
    const etag = record.data?.etag;
    if (role === null || reason === null || !etag) return;
    command.mutate(
      { role, reason, etag },
      { onError: (problem) => void (problem.isConflict && record.refetch()) },
    );
  }

  return (
    <CommandDialog
      title={t("internal.title")}
      submit={t("internal.submit")}
      isSending={command.isPending}
      isReady={role !== null && reason !== null && Boolean(record.data?.etag)}
      problem={command.error}
      read={record}
      conflict={current === null ? t("internal.none") : t(`role.${current}`)}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>
        {t("internal.now")} {current === null ? t("internal.none") : t(`role.${current}`)}
      </p>
      <Labelled label={t("internal.role")}>
        {(id) => (
          <Select
            id={id}
            value={role}
            onChange={setRole}
            options={[
              ...ROLES.filter((each) => each !== current).map((each) => ({
                value: each,
                label: t(`role.${each}`),
              })),
              ...(current === null ? [] : [{ value: "none" as const, label: t("internal.take") }]),
            ]}
          />
        )}
      </Labelled>
      <ReasonField codes={REASONS} value={reason} onChange={setReason} />
    </CommandDialog>
  );
}

function send(personId: string, { role, reason, etag }: Change, key: string): Promise<unknown> {
  const path = { person_id: personId };
  if (role === "none") {
    return unwrap(
      registry.DELETE("/registry/v1/people/{person_id}/internal-user-grants", {
        params: { path, query: { reason_code: reason }, header: { "If-Match": etag } },
      }),
    );
  }
  return unwrap(
    registry.POST("/registry/v1/people/{person_id}/internal-user-grants", {
      params: { path, header: { "Idempotency-Key": key, "If-Match": etag } },
      body: { role, reason_code: reason },
    }),
  );
}
