/** Why a link cannot be used, with what to do instead. */
import type { ReactNode } from "react";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { Notice } from "../layout/Notice";

const ENDS = {
  "link-used": "used",
  "link-expired": "expired",
  "confirmation-expired": "expired",
  "link-unknown": "unknown",
  "document-activated-by-another": "otherAccount",
} as const;

type End = (typeof ENDS)[keyof typeof ENDS];

/** The final outcome that a problem stands for; null if the link may still be used. */
export function linkEnd(problem: ApiProblem | null): End | null {
  if (problem === null) return null;
  if (problem.type in ENDS) return ENDS[problem.type as keyof typeof ENDS];
  if (problem.errors.some(({ field }) => /_id$|^token$/.test(field))) return "unknown";
  if (problem.status === 404) return "unknown";
  return problem.status === 410 ? "expired" : null;
}

interface Props {
  end: End;
  children: ReactNode;
}

export function LinkEnd({ end, children }: Props) {
  const { t } = useTranslation("registration");
  return (
    <>
      <Notice tone="warning" title={t(`link.${end}.title`)}>
        <p>{t(`link.${end}.text`)}</p>
      </Notice>
      <div className="actions">{children}</div>
    </>
  );
}
