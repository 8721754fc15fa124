/** An error in words, with what helps support to find it. */
import { Alert, Button } from "antd";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";

interface Props {
  problem: ApiProblem;
  onRetry?: (() => void) | undefined;
}

export function ProblemNotice({ problem, onRetry }: Props) {
  const { t } = useTranslation("console");
  const isUnreached = problem.status === 0;
  return (
    <Alert
      className="problem"
      type="error"
      showIcon
      title={isUnreached ? t("problem.network") : problem.message}
      description={
        <>
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
