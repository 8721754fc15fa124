/** Customer details: personal data, employment and finance, documents, consents, status. */
import { Alert } from "antd";
import { useTranslation } from "@/i18n";
import { DataTable } from "../ui/DataTable";
import { Facts, Panel } from "../ui/Facts";
import { useFormats } from "../ui/titles";
import type { Profile } from "./api";
import { DocumentsPanel } from "./DocumentsPanel";
import { StatusPanel } from "./StatusPanel";

type Details = Profile["customer_details"];

export function CustomerDetails({ profile }: { profile: Profile }) {
  const details = profile.customer_details;
  return (
    <div className="panels">
      <Personal details={details} />
      <Employment details={details} />
      <DocumentsPanel profile={profile} />
      <Consents details={details} />
      <StatusPanel personId={profile.person_id} status={details.status} />
    </div>
  );
}

function Personal({ details }: { details: Details }) {
  const { t } = useTranslation("console");
  const { day, instant, title } = useFormats();
  const { personal, identity_correction: correction } = details;
  const verified = (at: string | null) =>
    at === null ? t("personal.unverified") : t("personal.verified", { at: instant(at) });
  return (
    <Panel title={t("personal.title")}>
      {correction !== null && (
        <Alert
          type="warning"
          showIcon
          className="gap-below"
          title={t("personal.correction", { at: instant(correction.requested_at) })}
        />
      )}
      {personal.document_disputed_at !== null && (
        <Alert
          type="warning"
          showIcon
          className="gap-below"
          title={t("personal.disputed", { at: instant(personal.document_disputed_at) })}
        />
      )}
      <Facts
        facts={[
          [t("personal.givenNames"), personal.given_names],
          [t("personal.surnames"), personal.surnames],
          [t("personal.document"), `${personal.document_type} ${personal.document_number}`],
          [t("personal.country"), personal.country],
          [t("personal.birthDate"), day(personal.birth_date)],
          [t("personal.email"), `${personal.email} · ${verified(personal.email_verified_at)}`],
          [t("personal.phone"), `${personal.phone} · ${verified(personal.phone_verified_at)}`],
          [t("personal.channel"), title("channel", personal.channel)],
          [t("personal.language"), t(`language.${personal.locale === "en" ? "en" : "es"}`)],
        ]}
      />
    </Panel>
  );
}

function Employment({ details }: { details: Details }) {
  const { t } = useTranslation("console");
  const { instant, money, title } = useFormats();
  const employment = details.employment;
  if (employment === null) {
    return (
      <Panel title={t("employment.title")}>
        <p className="quiet">{t("employment.none")}</p>
      </Panel>
    );
  }
  const { currency, payer_contact: contact } = employment;
  const deductions = employment.deductions ?? [];
  return (
    <Panel title={t("employment.title")}>
      {employment.is_stale && (
        <Alert
          type="warning"
          showIcon
          className="gap-below"
          title={t("employment.stale", { days: employment.age_days })}
        />
      )}
      <Facts
        facts={[
          [t("employment.payer"), employment.payer],
          [t("employment.position"), employment.position],
          [t("employment.contract"), title("contract-type", employment.contract_type)],
          [t("employment.salary"), money(employment.net_monthly_salary_cents, currency)],
          [
            t("employment.deductions"),
            deductions
              .map((each) => `${each.concept}: ${money(each.amount_cents, currency)}`)
              .join("; "),
          ],
          [t("employment.capacity"), money(employment.indicative_capacity_cents, currency)],
          [
            t("employment.contact"),
            contact && [contact.name, contact.phone, contact.email].filter(Boolean).join(" · "),
          ],
          [t("employment.declared"), instant(employment.declared_at)],
        ]}
      />
    </Panel>
  );
}

function Consents({ details }: { details: Details }) {
  const { t } = useTranslation("console");
  const { instant, title } = useFormats();
  return (
    <Panel title={t("consent.title")}>
      <DataTable
        caption={t("consent.title")}
        heads={[t("consent.purpose"), t("consent.action"), t("consent.version"), t("consent.at")]}
        rows={details.consent_ledger.map((change) => ({
          key: `${change.purpose} ${change.at}`,
          cells: [
            title("purpose", change.purpose),
            t(`consent.${change.action}`),
            change.text_version ?? "—",
            instant(change.at),
          ],
        }))}
      />
    </Panel>
  );
}
