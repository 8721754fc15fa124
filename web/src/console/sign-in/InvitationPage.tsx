/** The page behind an invitation: the member chooses a password and is signed in with it. */

import { useNavigate } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useBrand } from "@/api/rules";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { forgetMailLink, type MailLink } from "@/session/mailLink";
import { signIn } from "@/session/session";
import { NewPasswordForm } from "./NewPasswordForm";
import { SignInFrame } from "./SignInFrame";

interface Acceptance {
  link: MailLink;
  password: string;
}

export function InvitationPage() {
  const { t } = useTranslation("console");
  const navigate = useNavigate();
  const brand = useBrand();
  const acceptance = useCommand(accept, async (email, { password }) => {
    forgetMailLink();
    // Where this does not succeed, the page that follows asks to sign in.
    await signIn({ email, password }).catch(() => null);
    await navigate("/", { replace: true });
  });
  return (
    <SignInFrame title={t("invitation.title")}>
      <p>{t("invitation.text", { brand })}</p>
      <NewPasswordForm
        submit={t("invitation.submit")}
        problem={acceptance.error}
        isSending={acceptance.isPending}
        onSubmit={(link, password) => acceptance.mutate({ link, password })}
        instead={<p>{t("invitation.another")}</p>}
      />
    </SignInFrame>
  );
}

/** The address to sign in with. */
async function accept({ link, password }: Acceptance): Promise<string> {
  const body = { link_id: link.id, token: link.token, password };
  const { email } = await unwrap(
    onboarding.POST("/onboarding/v1/staff-invitations/acceptance", { body }),
  );
  return email;
}
