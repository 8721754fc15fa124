import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { signOut } from "@/session/session";
import { ProblemNotice } from "../layout/Notice";
import { Section } from "./Section";

/** Signing out here, or on every device. */
export function SessionsSection() {
  const { t } = useTranslation("registration");
  const navigate = useNavigate();
  const everywhere = useCommand<void, void>(async () => {
    await unwrap(onboarding.DELETE("/onboarding/v1/sessions"));
    await leave();
  });

  async function leave(): Promise<void> {
    await navigate("/");
    await signOut();
  }

  return (
    <Section title={t("account.sessions.title")}>
      {everywhere.error && <ProblemNotice problem={everywhere.error} />}
      <div className="actions">
        <button type="button" className="button" onClick={() => void leave()}>
          {t("frame.signOut")}
        </button>
        <button
          type="button"
          className="button button-quiet"
          aria-disabled={everywhere.isPending}
          onClick={() => !everywhere.isPending && everywhere.mutate()}
        >
          {t("account.sessions.everywhere")}
        </button>
      </div>
    </Section>
  );
}
