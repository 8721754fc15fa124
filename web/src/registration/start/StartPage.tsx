/** What one needs, and the two ways in: to begin, or to go on. */
import { Link } from "react-router";
import { useBrand, useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { useSession } from "@/session/SignedInContext";
import { Page } from "../layout/Page";

const NEEDS = ["document", "contact", "work", "papers"] as const;
const STEPS = ["personal_data", "email", "employment", "documents", "completion"] as const;

export function StartPage() {
  const { t } = useTranslation("registration");
  const brand = useBrand();
  const isSignedIn = useSession().status === "signed-in";
  const words = useRules().data?.steps;
  return (
    <Page title={t("start.title", { brand })} lead={t("start.lead")}>
      <section className="card" aria-labelledby="needs">
        <h2 id="needs">{t("start.needs")}</h2>
        <ul className="needs">
          {NEEDS.map((need) => (
            <li key={need}>{t(`start.need.${need}`)}</li>
          ))}
        </ul>
      </section>
      <div className="actions">
        {isSignedIn ? (
          <Link className="button" to="/application">
            {t("start.goOn")}
          </Link>
        ) : (
          <>
            <Link className="button" to="/registration">
              {t("start.begin")}
            </Link>
            <Link className="button button-quiet" to="/sign-in">
              {t("start.signIn")}
            </Link>
          </>
        )}
      </div>
      <p className="hint">{t("start.stopAnywhere")}</p>
      <section aria-labelledby="steps">
        <h2 id="steps">{t("start.steps")}</h2>
        <ol className="plain-steps">
          {STEPS.map((step) => (
            <li key={step}>{words?.[step] ?? t(`start.stepNames.${step}`)}</li>
          ))}
        </ol>
      </section>
      {!isSignedIn && (
        <p>
          <Link to="/registration/mail">{t("start.noMail")}</Link>
        </p>
      )}
    </Page>
  );
}
