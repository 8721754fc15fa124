import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { capitalized } from "../fields/capitalized";
import { Notice } from "../layout/Notice";
import { type Dossier, type Requirement, rejectionNote } from "./ownApplication";

/** The documents that were rejected, each with the reason and the note of the reviewer. */
export function MissingDocuments({ dossier }: { dossier: Dossier }) {
  const { t } = useTranslation("registration");
  const rejected = dossier.requirements.filter(({ state }) => state === "rejected");
  if (rejected.length === 0) return null;
  return (
    <Notice tone="warning" title={t("documents.rejectedTitle")}>
      <ul>
        {rejected.map((requirement) => (
          <Rejected
            key={requirement.code}
            requirement={requirement}
            note={rejectionNote(dossier.documents, requirement)}
          />
        ))}
      </ul>
      <p>
        <Link to="/application/documents">{t("documents.sendAgain")}</Link>
      </p>
    </Notice>
  );
}

interface RejectedProps {
  requirement: Requirement;
  note: string | null;
}

function Rejected({ requirement, note }: RejectedProps) {
  const { t } = useTranslation("registration");
  const { kinds_in_words, reason_in_words } = requirement;
  return (
    <li>
      {capitalized(kinds_in_words.join(t("documents.or")))}
      {reason_in_words && `: ${reason_in_words}`}
      {note && ` (${note})`}
    </li>
  );
}
