/** An error in words, with what helps support to find it. */
import { Alert, Button } from "antd";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";

interface Props {
  problem: ApiProblem;
  /** What was read before is still shown. */
  isRefresh?: boolean;
  onRetry?: (() => void) | undefined;
}

export function ProblemNotice({ problem, isRefresh = false, onRetry }: Props) {
  const { t } = useTranslation("console");
  const isUnreached = problem.status === 0;
  const title = isUnreached ? t("problem.network") : problem.message;
  return (
    <Alert
      className={isRefresh ? "problem failed-refresh" : "problem"}
      type={isRefresh ? "warning" : "error"}
      showIcon
      title={isRefresh ? t("problem.notRefreshed") : title}
      description={
        <>
          {isRefresh && !isUnreached && <p>{title}</p>}
          {problem.detail && <p>{problem.detail}</p>}
          {problem.errors.map((error) => (
            <p key={`${error.field} ${error.code}`}>{error.message}</p>
          ))}
          {problem.traceId && (
            <p className="quiet">{t("problem.trace", { id: problem.traceId })}</p>
          )}
          {onRetry && <Button onClick={onRetry}>{t("retry")}</Button>}
        </>
      }
    />
  );
}
