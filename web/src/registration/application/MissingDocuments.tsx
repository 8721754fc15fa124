import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Notice } from "../layout/Notice";
import type { Dossier } from "./ownApplication";

/** The documents that were rejected, each with the reason and the note of the reviewer. */
export function MissingDocuments({ dossier }: { dossier: Dossier }) {
  const { t } = useTranslation("registration");
  const rejected = dossier.requirements.filter(({ state }) => state === "rejected");
  if (rejected.length === 0) return null;
  return (
    <Notice tone="warning" title={t("documents.rejectedTitle")}>
      <ul>
        {rejected.map(({ code, kinds_in_words, reason_in_words, note }) => (
          <li key={code}>
            {kinds_in_words.join(t("documents.or"))}
            {reason_in_words && `: ${reason_in_words}`}
            {note && ` (${note})`}
          </li>
        ))}
      </ul>
      <p>
        <Link to="/application/documents">{t("documents.sendAgain")}</Link>
      </p>
    </Notice>
  );
}
