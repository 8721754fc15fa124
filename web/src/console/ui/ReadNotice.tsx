/** How reads stand: a waiting sign, the problem, or that older data is shown; with a retry. */
import { type Read, stateOfReads } from "@/api/reads";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "./ProblemNotice";

interface Props {
  reads: Read | readonly Read[];
  /** False where what surrounds it shows that it waits. */
  hasWaitingSign?: boolean;
}

export function ReadNotice({ reads, hasWaitingSign = true }: Props) {
  const { t } = useTranslation();
  const { isPending, problem, isRefresh, retry } = stateOfReads(reads);
  return (
    <>
      {problem !== null && (
        <ProblemNotice problem={problem} isRefresh={isRefresh} onRetry={retry} />
      )}
      {isPending && hasWaitingSign && <p role="status">{t("waiting")}</p>}
    </>
  );
}
