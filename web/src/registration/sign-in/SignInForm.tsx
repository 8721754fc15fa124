/** Sign-in by the number of the identity document and the password. */
import { useForm } from "react-hook-form";
import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { signIn } from "@/session/session";
import { PasswordField } from "../fields/PasswordField";
import { SubmitButton } from "../fields/SubmitButton";
import { TextField } from "../fields/TextField";
import { useServiceForm } from "../forms/useServiceForm";
import { ProblemNotice } from "../layout/Notice";

interface Credentials {
  document_number: string;
  password: string;
}

function fieldOf(field: string): keyof Credentials | null {
  return field === "document_number" || field === "password" ? field : null;
}

export default function SignInForm({ onSignedIn }: { onSignedIn?: () => void }) {
  const { t } = useTranslation("registration");
  const form = useForm<Credentials>({ defaultValues: { document_number: "", password: "" } });
  const { errors } = form.formState;
  const required = { required: t("fields.required") };
  const { problem, isSending, submit } = useServiceForm(form, fieldOf, async (credentials) => {
    await signIn({ ...credentials, document_number: credentials.document_number.trim() });
    onSignedIn?.();
  });
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <TextField
        label={t("signIn.document")}
        hint={t("signIn.documentHint")}
        error={errors.document_number?.message}
        autoComplete="username"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={40}
        registration={form.register("document_number", required)}
      />
      <PasswordField
        label={t("password.label")}
        error={errors.password?.message}
        autoComplete="current-password"
        registration={form.register("password", required)}
      />
      {problem !== null && <ProblemNotice problem={problem} />}
      <SubmitButton isSending={isSending}>{t("frame.signIn")}</SubmitButton>
      <p>
        <Link to="/sign-in/forgotten">{t("signIn.forgotten")}</Link>
      </p>
      <p>
        <Link to="/registration/mail">{t("start.noMail")}</Link>
      </p>
    </form>
  );
}
