import { Alert } from "antd";
import type { ApiProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../ui/ProblemNotice";

/** Why the sign-in failed; the address typed must be the configured one. */
export function SignInProblem({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation("console");
  if (problem.type === "origin-refused") {
    return <Alert type="error" showIcon title={t("signIn.otherAddress")} className="gap-below" />;
  }
  return (
    <div className="gap-below">
      <ProblemNotice problem={problem} />
    </div>
  );
}
