/** Step 4: the required documents, and again whichever was rejected. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { documents } from "@/api/clients";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { isOpenRequirement, useDossier } from "../application/ownApplication";
import { Notice } from "../layout/Notice";
import { Page } from "../layout/Page";
import { ReadNotice } from "../layout/ReadNotice";
import type { UploadLimits } from "./prepareFile";
import { RequirementCard } from "./RequirementCard";

export default function DocumentsPage() {
  const { t } = useTranslation("registration");
  const dossier = useDossier();
  const limits = useQuery<UploadLimits, ApiProblem>({
    queryKey: ["own", "upload-limits"],
    queryFn: () => unwrap(documents.GET("/documents/v1/me/upload-limits")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isComplete = dossier.data?.requirements.every((each) => !isOpenRequirement(each));
  return (
    <Page over={t("step", { number: 4 })} title={t("documents.title")} lead={t("documents.lead")}>
      <ReadNotice reads={[dossier, limits]} />
      {dossier.data && limits.data && (
        <>
          {dossier.data.requirements.map((requirement) => (
            <RequirementCard
              key={requirement.code}
              requirement={requirement}
              files={dossier.data.documents}
              limits={limits.data}
            />
          ))}
          {isComplete && <Notice tone="success" title={t("documents.complete")} />}
        </>
      )}
      <div className="actions">
        <Link className={isComplete ? "button" : "button button-quiet"} to="/application">
          {isComplete ? t("documents.goOn") : t("back")}
        </Link>
      </div>
    </Page>
  );
}
