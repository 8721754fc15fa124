/** How reads stand: a waiting sign, the problem, or that older data is shown; with a retry. */
import { type Read, stateOfReads } from "@/api/reads";
import { ProblemNotice } from "./Notice";
import { Waiting } from "./Waiting";

interface Props {
  reads: Read | readonly Read[];
  /** False where what surrounds it shows that it waits, or need not wait. */
  hasWaitingSign?: boolean;
}

export function ReadNotice({ reads, hasWaitingSign = true }: Props) {
  const { isPending, problem, isRefresh, retry } = stateOfReads(reads);
  return (
    <>
      {problem !== null && (
        <ProblemNotice problem={problem} isRefresh={isRefresh} onRetry={retry} />
      )}
      {isPending && hasWaitingSign && <Waiting />}
    </>
  );
}
