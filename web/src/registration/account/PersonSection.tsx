import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "@/i18n";
import type { Application } from "../application/ownApplication";
import { typedDate } from "../fields/typedDate";
import { Notice } from "../layout/Notice";
import { ReadNotice } from "../layout/ReadNotice";
import { useDocumentTypes } from "../rules";
import { CorrectionForm, type CorrectionState } from "./CorrectionForm";
import { Section } from "./Section";

/** Who the person is, a correction of it, and how a requested one stands. */
export function PersonSection({ application }: { application: Application }) {
  const { t } = useTranslation("registration");
  const queries = useQueryClient();
  const types = useDocumentTypes();
  const [isCorrecting, setCorrecting] = useState(false);
  const [made, setMade] = useState<CorrectionState | null>(null);
  const { personal_details: person, identity_correction: correction } = application;
  if (!person) return null;
  const facts = [
    [t("account.name"), `${person.given_names} ${person.surnames}`.trim()],
    [t("account.document"), `${person.document_type} ${person.document_number}`],
    [t("personalData.birthDate"), typedDate(person.birth_date)],
  ];

  async function finish(state: CorrectionState): Promise<void> {
    await queries.invalidateQueries({ queryKey: ["own", "application"] });
    setMade(state);
    setCorrecting(false);
  }

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
      {made !== null && made !== "requested" && (
        <Notice tone="success" title={t(`account.correction.${made}`)} />
      )}
      {correction && (
        <Notice tone="info" title={t(`account.correction.${correction.state}`)}>
          {correction.reason_in_words && <p>{correction.reason_in_words}</p>}
        </Notice>
      )}
      {isCorrecting && <ReadNotice reads={types} />}
      {isCorrecting && types.data ? (
        <CorrectionForm
          person={person}
          types={types.data}
          onDone={finish}
          onCancel={() => setCorrecting(false)}
        />
      ) : (
        correction?.state !== "requested" && (
          <button type="button" className="button button-quiet" onClick={() => setCorrecting(true)}>
            {t("account.correction.start")}
          </button>
        )
      )}
    </Section>
  );
}
