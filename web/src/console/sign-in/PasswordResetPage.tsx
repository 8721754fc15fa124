/** The page behind the link for another password. */
import { Alert } from "antd";
import { Link } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { forgetMailLink, type MailLink } from "@/session/mailLink";
import { NewPasswordForm } from "./NewPasswordForm";
import { SignInFrame } from "./SignInFrame";

interface Reset {
  link: MailLink;
  password: string;
}

export function PasswordResetPage() {
  const { t } = useTranslation("console");
  const reset = useCommand(send, forgetMailLink);
  if (reset.isSuccess) {
    return (
      <SignInFrame title={t("reset.title")}>
        <Alert type="success" showIcon title={t("reset.done")} className="gap-below" />
        <Link to="/">{t("signIn.title")}</Link>
      </SignInFrame>
    );
  }
  return (
    <SignInFrame title={t("reset.title")}>
      <NewPasswordForm
        submit={t("reset.submit")}
        problem={reset.error}
        isSending={reset.isPending}
        onSubmit={(link, password) => reset.mutate({ link, password })}
        instead={<Link to="/forgotten-password">{t("reset.another")}</Link>}
      />
    </SignInFrame>
  );
}

function send({ link, password }: Reset): Promise<unknown> {
  const body = { link_id: link.id, token: link.token, password };
  return unwrap(onboarding.POST("/onboarding/v1/password-resets/confirmation", { body }));
}
