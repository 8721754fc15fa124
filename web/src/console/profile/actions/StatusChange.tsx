/** Changes the status with a reason and a note. */
import { Alert, App, Select } from "antd";
import { useState } from "react";
import { registry } from "@/api/clients";
import type { components } from "@/api/generated/registry";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../../ui/CommandDialog";
import { Labelled } from "../../ui/Labelled";
import { isExplained, NoteField, ReasonField } from "../../ui/ReasonFields";
import { Status } from "../../ui/Status";
import { useFormats } from "../../ui/titles";
import { type Profile, useRefreshPerson, useRegistryRecord } from "../api";

type Change = components["schemas"]["StatusChange"];

export function StatusChange({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation("console");
  const { title } = useFormats();
  const { message } = App.useApp();
  const personId = profile.person_id;
  const record = useRegistryRecord(personId);
  const refresh = useRefreshPerson(personId);
  const [status, setStatus] = useState<Change["status"] | null>(null);
  const [reason, setReason] = useState<Change["reason_code"] | null>(null);
  const [note, setNote] = useState("");
  const current = record.data?.data.status ?? profile.status;
  const possible = record.data?.data.possible_changes ?? [];
  const reasonsFor = (to: Change["status"] | null) =>
    possible.find((each) => each.status === to)?.reason_codes ?? [];
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

  function choose(next: Change["status"]): void {
    setStatus(next);
    if (reason !== null && !reasonsFor(next).includes(reason)) setReason(null);
  }

  function submit(): void {
    const etag = record.data?.etag;
    if (status === null || reason === null || !etag) return;
    const body: Change = { status, reason_code: reason, note: note.trim() || null };
    command.mutate(
      { body, etag },
      { onError: (problem) => void (problem.isConflict && record.refetch()) },
    );
  }

  return (
    <CommandDialog
      title={t("statusChange.title")}
      submit={t("statusChange.submit")}
      isSending={command.isPending}
      isReady={status !== null && isExplained(reason, note) && Boolean(record.data?.etag)}
      problem={command.error}
      read={record}
      conflict={<Status code={current} />}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>
        {t("statusChange.now")} <Status code={current} />
      </p>
      {record.data !== undefined && possible.length === 0 && (
        <Alert type="info" showIcon title={t("statusChange.none")} />
      )}
      <Labelled label={t("statusChange.to")}>
        {(id) => (
          <Select
            id={id}
            value={status}
            onChange={choose}
            options={possible.map((each) => ({
              value: each.status,
              label: title("status", each.status),
            }))}
          />
        )}
      </Labelled>
      <ReasonField codes={reasonsFor(status)} value={reason} onChange={setReason} />
      <NoteField value={note} onChange={setNote} isRequired={reason === "other"} />
    </CommandDialog>
  );
}
