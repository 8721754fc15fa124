/** A message that stands out: something to know, a success, or an error. */
import type { ReactNode } from "react";
import type { ApiProblem } from "@/api/problems";
import { type TextKey, type Translate, useTranslation } from "@/i18n";

type Tone = "info" | "success" | "warning" | "error";

interface Props {
  tone: Tone;
  role?: "alert" | "status";
  title?: string;
  children?: ReactNode;
}

export function Notice({
  tone,
  role = tone === "error" ? "alert" : "status",
  title,
  children,
}: Props) {
  return (
    <div className={`notice notice-${tone}`} role={role}>
      {title !== undefined && <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}

interface ProblemProps {
  problem: ApiProblem;
  /** What was read before is still shown. */
  isRefresh?: boolean;
  onRetry?: (() => void) | undefined;
}

/** A failed call in words, with the code under which support finds it. */
export function ProblemNotice({ problem, isRefresh = false, onRetry }: ProblemProps) {
  const { t } = useTranslation("registration");
  const title = problemTitle(problem, t);
  return (
    <Notice
      tone={isRefresh ? "warning" : "error"}
      role="alert"
      title={isRefresh ? t("problem.notRefreshed") : title}
    >
      {isRefresh && problem.type !== "network" && <p>{title}</p>}
      {problem.detail !== undefined && <p>{problem.detail}</p>}
      {problem.traceId !== undefined && problem.status >= 500 && (
        <p className="small">{t("problem.trace", { id: problem.traceId })}</p>
      )}
      {onRetry !== undefined && (
        <button type="button" className="button button-quiet" onClick={onRetry}>
          {t("retry")}
        </button>
      )}
    </Notice>
  );
}

function problemTitle(problem: ApiProblem, t: Translate<TextKey<"registration">>): string {
  if (problem.type === "network") return t("problem.network");
  if (problem.type === "origin-refused") return t("signIn.otherAddress");
  return problem.message;
}
