/** What was declared about work and income, and the payroll capacity that follows from it. */

import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { capitalized } from "../fields/capitalized";
import { formatMoney } from "../fields/money";
import { Notice } from "../layout/Notice";
import type { Employment } from "./ownApplication";

export function EmploymentCard({ employment }: { employment: Employment }) {
  const { t, language } = useTranslation("registration");
  const { payer, position, contract_type_in_words, currency, refresh_due } = employment;
  const money = (cents: number | null | undefined) =>
    cents == null ? null : formatMoney(cents, currency, language);
  const facts = [
    [t("employment.payer"), payer?.name],
    [t("employment.position"), position],
    [t("employment.contractType"), capitalized(contract_type_in_words)],
    [t("employment.salary"), money(employment.net_monthly_salary_cents)],
    [t("employment.capacity"), money(employment.indicative_capacity_cents)],
  ].filter(([, value]) => value);
  return (
    <section className="card" aria-labelledby="employment">
      <h2 id="employment">{t("employment.cardTitle")}</h2>
      {refresh_due && <Notice tone="info" title={t("employment.refreshDue")} />}
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">{t("employment.capacityHint")}</p>
      <Link to="/application/employment">{t("employment.change")}</Link>
    </section>
  );
}
