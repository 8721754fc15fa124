/** The loans and credit applications of a customer. */
import { useQuery } from "@tanstack/react-query";
import { query } from "@/api/clients";
import type { components } from "@/api/generated/query";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { formatMoney } from "../fields/money";
import { ReadNotice } from "../layout/ReadNotice";

type SelfView = components["schemas"]["ShownSelfView"];

export function CreditCard() {
  const own = useQuery<SelfView, ApiProblem>({
    queryKey: ["own", "credit"],
    queryFn: () => unwrap(query.GET("/query/v1/me")),
  });
  // The read model learns of a new customer a moment later.
  if (own.error?.status === 404) return null;
  return (
    <>
      <ReadNotice reads={own} />
      {own.data && <Credit own={own.data} />}
    </>
  );
}

function Credit({ own: { loans, credit_applications } }: { own: SelfView }) {
  const { t, language } = useTranslation("registration");
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  return (
    <section className="card" aria-labelledby="credit">
      <h2 id="credit">{t("credit.title")}</h2>
      <h3>{t("credit.loans")}</h3>
      {loans.length === 0 && <p>{t("credit.noLoans")}</p>}
      <ul className="entries">
        {loans.map((loan) => (
          <li key={loan.loan_id}>
            <strong>{formatMoney(loan.principal_cents, loan.currency, language)}</strong>
            <span>{loan.status_in_words}</span>
            <span>
              {t("credit.outstanding", {
                amount: formatMoney(loan.outstanding_cents, loan.currency, language),
              })}
            </span>
            <span>{t("credit.disbursed", { date: day.format(new Date(loan.disbursed_at)) })}</span>
          </li>
        ))}
      </ul>
      <h3>{t("credit.applications")}</h3>
      {credit_applications.length === 0 && <p>{t("credit.noApplications")}</p>}
      <ul className="entries">
        {credit_applications.map((each) => (
          <li key={each.application_id}>
            <strong>{formatMoney(each.requested_cents, each.currency, language)}</strong>
            <span>{each.status_in_words}</span>
            <span>{t("credit.stage", { stage: each.stage_name ?? each.stage })}</span>
            <span>{t("credit.since", { date: day.format(new Date(each.stage_since)) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
