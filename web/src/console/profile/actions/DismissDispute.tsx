/** Dismisses the dispute about a document: its holder is the person of this record. */
import { Alert, App } from "antd";
import { useState } from "react";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { CommandDialog } from "../../ui/CommandDialog";
import { ReasonField } from "../../ui/ReasonFields";
import { type Profile, useRefreshPerson } from "../api";

type Reason = components["schemas"]["DisputeDismissal"];

const REASONS: Reason[] = ["holder_confirmed", "mistake", "other"];

export function DismissDispute({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const refresh = useRefreshPerson(profile.person_id);
  const [reason, setReason] = useState<Reason | null>(null);
  const command = useCommand<Reason, unknown>(
    (reason_code, key) =>
      unwrap(
        onboarding.POST("/onboarding/v1/people/{person_id}/document-dispute/dismissal", {
          params: {
            path: { person_id: profile.person_id },
            header: { "Idempotency-Key": key },
          },
          body: { reason_code },
        }),
      ),
    async () => {
      await refresh();
      void message.success(t("dispute.done"));
      onClose();
    },
  );

  return (
    <CommandDialog
      title={t("dispute.title")}
      submit={t("dispute.submit")}
      isSending={command.isPending}
      isReady={reason !== null}
      problem={command.error}
      onSubmit={() => reason !== null && command.mutate(reason)}
      onClose={onClose}
    >
      <Alert type="info" showIcon title={t("dispute.explanation")} />
      <ReasonField codes={REASONS} value={reason} onChange={setReason} />
    </CommandDialog>
  );
}
