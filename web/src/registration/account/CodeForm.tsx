/** The code of a text message. */
import { useForm } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";

export function CodeForm({ onCode }: { onCode: (code: string) => Promise<void> }) {
  const { t } = useTranslation("registration");
  const form = useForm({ defaultValues: { code: "" } });
  const { problem, isSending, submit } = useServiceForm(
    form,
    (field) => (field === "code" ? field : null),
    ({ code }) => onCode(code.replace(/\s/g, "")),
  );
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <TextField
        label={t("account.code")}
        error={form.formState.errors.code?.message}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={10}
        registration={form.register("code", { required: t("fields.required") })}
      />
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("account.confirmCode")}</SubmitButton>
    </form>
  );
}
