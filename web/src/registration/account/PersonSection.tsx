import { useTranslation } from "react-i18next";
import type { Application } from "../application/ownApplication";
import { typedDate } from "../fields/typedDate";
import { Notice } from "../layout/Notice";
import { Section } from "./Section";

/** Who the person is, and how a requested correction stands. */
export function PersonSection({ application }: { application: Application }) {
  const { t } = useTranslation("registration");
  const { personal_details: person, identity_correction: correction } = application;
  if (!person) return null;
  const facts = [
    [t("account.name"), `${person.given_names} ${person.surnames}`.trim()],
    [t("account.document"), `${person.document_type} ${person.document_number}`],
    [t("personalData.birthDate"), typedDate(person.birth_date)],
  ];
  return (
    <Section title={t("account.person")}>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {correction && (
        <Notice tone="info" title={t(`account.correction.${correction.state}`)}>
          {correction.reason_in_words && <p>{correction.reason_in_words}</p>}
        </Notice>
      )}
    </Section>
  );
}
