/** A message that stands out: something to know, a success, or an error. */
import type { ReactNode } from "react";
import type { ApiProblem } from "@/api/problems";
import { type TextKey, type Translate, useTranslation } from "@/i18n";

type Tone = "info" | "success" | "warning" | "error";

interface Props {
  tone: Tone;
  title?: string;
  children?: ReactNode;
}

export function Notice({ tone, title, children }: Props) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "error" ? "alert" : "status"}>
      {title !== undefined && <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}

interface ProblemProps {
  problem: ApiProblem;
  onRetry?: (() => void) | undefined;
}

/** A failed call in words, with the code under which support finds it. */
export function ProblemNotice({ problem, onRetry }: ProblemProps) {
  const { t } = useTranslation("registration");
  return (
    <Notice tone="error" title={problemTitle(problem, t)}>
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
