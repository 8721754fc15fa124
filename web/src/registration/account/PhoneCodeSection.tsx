/** Proves that the phone is the person's: a code by text message. */
import { useQueryClient } from "@tanstack/react-query";
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
  const send = useCommand((_: undefined, key) => {
    const params = { header: { "Idempotency-Key": key } };
    return unwrap(onboarding.POST("/onboarding/v1/me/phone-codes", { params }));
  });

  async function confirm(code: string): Promise<void> {
    const body = { code, ...(send.data ? { code_id: send.data.code_id } : {}) };
    await unwrap(onboarding.POST("/onboarding/v1/me/phone-codes/confirmation", { body }));
    await queries.invalidateQueries({ queryKey: ["own", "application"] });
  }

  return (
    <Section title={t("account.verifyPhone.title")}>
      <p>{send.data ? t("account.verifyPhone.sent") : t("account.verifyPhone.text")}</p>
      {send.data && <CodeForm key={send.data.code_id} onCode={confirm} />}
      {send.error && <ProblemNotice problem={send.error} />}
      <button
        type="button"
        className="button button-quiet"
        aria-disabled={send.isPending}
        onClick={() => !send.isPending && send.mutate(undefined)}
      >
        {send.data ? t("account.verifyPhone.again") : t("account.verifyPhone.send")}
      </button>
    </Section>
  );
}
