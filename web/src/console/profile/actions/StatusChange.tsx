/** Changes the status with a reason and a note. */
import { App, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { registry } from "@/api/clients";
import type { components } from "@/api/generated/registry";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useMay } from "@/session/SignedInContext";
import { CommandDialog } from "../../ui/CommandDialog";
import { Labelled } from "../../ui/Labelled";
import { Status } from "../../ui/Status";
import { useFormats } from "../../ui/titles";
import { type Profile, useRefreshPerson, useRegistryRecord } from "../api";

type Change = components["schemas"]["StatusChange"];

const REASONS: Change["reason_code"][] = [
  "requested",
  "inactive",
  "reactivated",
  "data_to_review",
  "data_reviewed",
  "fraud_suspected",
  "investigation_closed",
  "legal_order",
  "mistake",
  "other",
];

export function StatusChange({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation();
  const { title } = useFormats();
  const { message } = App.useApp();
  const may = useMay();
  const personId = profile.person_id;
  const record = useRegistryRecord(personId);
  const refresh = useRefreshPerson(personId);
  const [status, setStatus] = useState<Change["status"] | null>(null);
  const [reason, setReason] = useState<Change["reason_code"] | null>(null);
  const [note, setNote] = useState("");
  const current = record.data?.data.status ?? profile.status;
  const command = useCommand<{ body: Change; etag: string }, unknown>(
    ({ body, etag }, key) =>
      unwrap(
        registry.POST("/registry/v1/people/{person_id}/status-changes", {
          params: {
            path: { person_id: personId },
            header: { "Idempotency-Key": key, "If-Match": etag },
          },
          body,
        }),
      ),
    async () => {
      await refresh();
      void message.success(t("statusChange.done"));
      onClose();
    },
  );

  function submit(): void {
    const etag = record.data?.etag;
    if (status === null || reason === null || !etag) return;
    const body: Change = { status, reason_code: reason, note: note.trim() || null };
    command.mutate({ body, etag }, { onError: () => void record.refetch() });
  }

  return (
    <CommandDialog
      title={t("statusChange.title")}
      submit={t("statusChange.submit")}
      isSending={command.isPending}
      isReady={status !== null && reason !== null && Boolean(record.data?.etag)}
      problem={command.error ?? record.error}
      conflict={<Status code={current} />}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>
        {t("statusChange.now")} <Status code={current} />
      </p>
      <Labelled label={t("statusChange.to")}>
        {(id) => (
          <Select
            id={id}
            value={status}
            onChange={setStatus}
            options={targets(profile.kind, current, may("unblock")).map((code) => ({
              value: code,
              label: title("status", code),
            }))}
          />
        )}
      </Labelled>
      <Labelled label={t("reason")}>
        {(id) => (
          <Select
            id={id}
            value={reason}
            onChange={setReason}
            options={REASONS.map((code) => ({ value: code, label: title("reason", code) }))}
          />
        )}
      </Labelled>
      <Labelled label={t("note")} hint={t("noteHint")}>
        {(id) => (
          <Input.TextArea
            id={id}
            rows={3}
            maxLength={500}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </Labelled>
    </CommandDialog>
  );
}

/** The statuses that an operator may ask for; the service decides. */
export function targets(
  kind: Profile["kind"],
  current: string,
  mayUnblock: boolean,
): Change["status"][] {
  if (current === "blocked") {
    return mayUnblock ? ["pending", "pending_email_verification"] : [];
  }
  const all: Change["status"][] =
    kind === "customer"
      ? ["enabled", "pending", "disabled", "blocked"]
      : ["pending", "disabled", "blocked"];
  return all.filter((each) => each !== current);
}
