/** Deletes a record that is a duplicate or incorrect, with a reason; this cannot be undone. */
import { Alert, Checkbox } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { registry } from "@/api/clients";
import type { components } from "@/api/generated/registry";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../../ui/CommandDialog";
import { NoteField, ReasonField } from "../../ui/ReasonFields";
import { Status } from "../../ui/Status";
import { type Profile, useRefreshPerson, useRegistryRecord } from "../api";

type Erasure = components["schemas"]["ErasureRequest"];

const REASONS: Erasure["reason_code"][] = ["duplicate", "incorrect", "requested"];

export function EraseRecord({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation("console");
  const navigate = useNavigate();
  const personId = profile.person_id;
  const record = useRegistryRecord(personId);
  const refresh = useRefreshPerson(personId);
  const [reason, setReason] = useState<Erasure["reason_code"] | null>(null);
  const [note, setNote] = useState("");
  const [isConfirmed, setConfirmed] = useState(false);
  const command = useCommand<{ body: Erasure; etag: string }, unknown>(
    ({ body, etag }, key) =>
      unwrap(
        registry.POST("/registry/v1/people/{person_id}/erasures", {
          params: {
            path: { person_id: personId },
            header: { "Idempotency-Key": key, "If-Match": etag },
          },
          body,
        }),
      ),
    async () => {
      onClose();
      await navigate(profile.kind === "customer" ? "/customers" : "/pre-customers");
      await refresh();
    },
  );

  function submit(): void {
    const etag = record.data?.etag;
    if (reason === null || !etag) return;
    command.mutate(
      { body: { reason_code: reason, note: note.trim() || null }, etag },
      { onError: (problem) => void (problem.isConflict && record.refetch()) },
    );
  }

  return (
    <CommandDialog
      title={t("erase.title")}
      submit={t("erase.submit")}
      isDangerous
      isSending={command.isPending}
      isReady={reason !== null && isConfirmed && Boolean(record.data?.etag)}
      problem={command.error}
      read={record}
      conflict={<Status code={record.data?.data.status ?? profile.status} />}
      onSubmit={submit}
      onClose={onClose}
    >
      <Alert type="warning" showIcon title={t("erase.warning")} />
      <ReasonField codes={REASONS} value={reason} onChange={setReason} />
      <NoteField value={note} onChange={setNote} />
      <Checkbox checked={isConfirmed} onChange={(event) => setConfirmed(event.target.checked)}>
        {t("erase.confirm")}
      </Checkbox>
    </CommandDialog>
  );
}
