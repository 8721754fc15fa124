/** My application: where it stands, what is missing and why, and the next step. */

import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import { signOut } from "@/session/session";
import { Notice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { ReadNotice } from "../layout/ReadNotice";
import { CompletionButton } from "./CompletionButton";
import { CreditCard } from "./CreditCard";
import { EmploymentCard } from "./EmploymentCard";
import { MissingDocuments } from "./MissingDocuments";
import {
  type Application,
  type Dossier,
  isDocumentsStepAwaited,
  useApplication,
  useDossier,
} from "./ownApplication";
import { Stepper } from "./Stepper";

export default function ApplicationPage() {
  const { t } = useTranslation("registration");
  const dossier = useDossier();
  const application = useApplication((shown) => isDocumentsStepAwaited(dossier.data, shown));
  const name = application.data?.personal_details?.given_names;
  const title = name ? t("application.titleOf", { name }) : t("application.title");
  return (
    <Page title={title}>
      <ReadNotice reads={dossier.isPending ? application : [application, dossier]} />
      {application.error?.status === 403 && (
        <button type="button" className="button" onClick={() => void signOut()}>
          {t("frame.signOut")}
        </button>
      )}
      {application.data && <Overview application={application.data} dossier={dossier.data} />}
    </Page>
  );
}

interface Props {
  application: Application;
  dossier: Dossier | undefined;
}

function Overview({ application, dossier }: Props) {
  const { t } = useTranslation("registration");
  const { message, status, status_in_words, credit, steps } = application;
  const needsAttention = Object.values(steps).includes("attention");
  return (
    <>
      <p className="status-line">
        {t("application.status")} <strong className={`status-${status}`}>{status_in_words}</strong>
      </p>
      {message && (
        <Notice tone={needsAttention ? "warning" : "success"} title={message}>
          {!credit.may_apply && !needsAttention && <p>{t("application.review")}</p>}
        </Notice>
      )}
      {!message && <NextStep application={application} />}
      {dossier && <MissingDocuments dossier={dossier} />}
      <Stepper application={application} />
      {credit.may_apply && credit.apply_url && (
        <div className="actions">
          <a className="button" href={credit.apply_url}>
            {t("application.apply")}
          </a>
        </div>
      )}
      {application.employment && <EmploymentCard employment={application.employment} />}
      {application.customer_id && <CreditCard />}
    </>
  );
}

function NextStep({ application }: { application: Application }) {
  const { t } = useTranslation("registration");
  const { next } = application;
  if (next === "completion") return <CompletionButton />;
  if (next !== "employment" && next !== "documents") return null;
  return (
    <div className="next-step">
      <p>{t(`application.next.${next}`)}</p>
      <Link className="button" to={`/application/${next}`}>
        {t(`application.go.${next}`)}
      </Link>
    </div>
  );
}
