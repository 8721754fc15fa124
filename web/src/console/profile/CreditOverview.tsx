/** Loans and applications as the credit systems report them. */
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Facts, Panel } from "../ui/Facts";
import { type Formats, useFormats } from "../ui/titles";
import type { Loan, Profile } from "./api";

export function CreditOverview({ profile }: { profile: Profile }) {
  const { t } = useTranslation("console");
  const formats = useFormats();
  const credit = profile.credit_overview;
  const refinanced = profile.refinanced_loans ?? [];
  const active = credit.loans.filter((loan) => loan.active);
  return (
    <>
      <Panel title={t("credit.summary")}>
        <Facts
          facts={[
            [t("credit.activeLoans"), formats.count(credit.active_loans)],
            [t("credit.principal"), sums(credit.principal_cents, formats)],
            [t("credit.outstanding"), sums(credit.outstanding_cents, formats)],
            [t("credit.openApplications"), formats.count(credit.open_applications)],
          ]}
        />
      </Panel>
      <Loans title={t("credit.loans")} none={t("credit.noLoans")} loans={active} />
      {refinanced.length > 0 && (
        <Panel title={t("credit.refinanced")}>
          <DataTable
            caption={t("credit.refinanced")}
            heads={[
              t("credit.loan"),
              t("credit.amount"),
              t("credit.disbursed"),
              t("credit.replacedBy"),
            ]}
            rows={refinanced.map((loan) => ({
              key: loan.loan_id,
              cells: [
                loan.loan_id,
                formats.money(loan.principal_cents, loan.currency),
                formats.instant(loan.disbursed_at),
                loan.replaced_by
                  ? `${loan.replaced_by.loan_id} · ${formats.money(loan.replaced_by.principal_cents, loan.replaced_by.currency)}`
                  : loan.replaced_by_loan_id,
              ],
            }))}
          />
        </Panel>
      )}
      {credit.credit_limits.length > 0 && (
        <Panel title={t("credit.limits")}>
          <DataTable
            caption={t("credit.limits")}
            heads={[
              t("credit.limit"),
              t("credit.validUntil"),
              t("credit.system"),
              t("credit.reported"),
            ]}
            rows={credit.credit_limits.map((limit) => ({
              key: limit.source,
              cells: [
                formats.money(limit.limit_cents, limit.currency),
                formats.day(limit.valid_until),
                limit.source,
                formats.instant(limit.reported_at),
              ],
            }))}
          />
        </Panel>
      )}
      <Panel title={t("credit.applications")}>
        {credit.applications.length === 0 ? (
          <p className="quiet">{t("credit.noApplications")}</p>
        ) : (
          <DataTable
            caption={t("credit.applications")}
            heads={[
              t("credit.application"),
              t("credit.line"),
              t("credit.stage"),
              t("credit.status"),
              t("credit.requested"),
              t("credit.approved"),
              t("credit.since"),
            ]}
            rows={credit.applications.map((each) => ({
              key: each.application_id,
              cells: [
                each.application_id,
                each.line,
                each.stage_name ?? each.stage,
                formats.title("credit-application-status", each.status),
                formats.money(each.requested_cents, each.currency),
                formats.money(each.approved_cents, each.currency),
                formats.instant(each.stage_since),
              ],
            }))}
          />
        )}
      </Panel>
      {credit.applications.some((each) => each.stages.length > 1) && (
        <Panel title={t("credit.stages")}>
          <DataTable
            caption={t("credit.stages")}
            heads={[
              t("credit.application"),
              t("credit.stage"),
              t("credit.status"),
              t("credit.since"),
            ]}
            rows={credit.applications.flatMap((application) =>
              application.stages.map((each) => ({
                key: `${application.source} ${application.application_id} ${each.version}`,
                cells: [
                  application.application_id,
                  each.stage_name ?? each.stage,
                  formats.title("credit-application-status", each.status),
                  formats.instant(each.since),
                ],
              })),
            )}
          />
        </Panel>
      )}
      {credit.finished_loans.length > 0 && (
        <Loans title={t("credit.history")} none="" loans={credit.finished_loans} />
      )}
    </>
  );
}

function Loans({ title, none, loans }: { title: string; none: string; loans: Loan[] }) {
  const { t } = useTranslation("console");
  const formats = useFormats();
  return (
    <Panel title={title}>
      {loans.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <DataTable
          caption={title}
          heads={[
            t("credit.loan"),
            t("credit.status"),
            t("credit.amount"),
            t("credit.outstanding"),
            t("credit.disbursed"),
            t("credit.closed"),
          ]}
          rows={loans.map((loan) => ({
            key: loan.loan_id,
            cells: [
              loan.loan_id,
              formats.title("loan-status", loan.status),
              formats.money(loan.principal_cents, loan.currency),
              formats.money(loan.outstanding_cents, loan.currency),
              formats.instant(loan.disbursed_at),
              formats.instant(loan.closed_at),
            ],
          }))}
        />
      )}
    </Panel>
  );
}

/** Sums by currency; different currencies are never added. */
function sums(byCurrency: Record<string, number>, formats: Formats): string {
  return Object.entries(byCurrency)
    .map(([currency, cents]) => formats.money(cents, currency))
    .join(" · ");
}
