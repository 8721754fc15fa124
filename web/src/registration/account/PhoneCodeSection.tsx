/** Proves that the phone is the person's: a code by text message. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../layout/Notice";
import { CodeForm } from "./CodeForm";
import { Section } from "./Section";

export function PhoneCodeSection() {
  const { t } = useTranslation("registration");
  const queries = useQueryClient();
  const [codeId, setCodeId] = useState<string | null>(null);
  const send = useCommand(
    (_: undefined, key) => {
      const params = { header: { "Idempotency-Key": key } };
      return unwrap(onboarding.POST("/onboarding/v1/me/phone-codes", { params }));
    },
    (sent) => setCodeId(sent.code_id),
  );

  async function confirm(code: string): Promise<void> {
    const body = { code, code_id: codeId };
    await unwrap(onboarding.POST("/onboarding/v1/me/phone-codes/confirmation", { body }));
    await queries.invalidateQueries({ queryKey: ["own", "application"] });
  }

  return (
    <Section title={t("account.verifyPhone.title")}>
      <p>{t(codeId === null ? "account.verifyPhone.text" : "account.verifyPhone.sent")}</p>
      {codeId !== null && <CodeForm key={codeId} onCode={confirm} />}
      {send.error && <ProblemNotice problem={send.error} />}
      <button
        type="button"
        className="button button-quiet"
        aria-disabled={send.isPending}
        onClick={() => !send.isPending && send.mutate(undefined)}
      >
        {t(codeId === null ? "account.verifyPhone.send" : "account.verifyPhone.again")}
      </button>
    </Section>
  );
}
