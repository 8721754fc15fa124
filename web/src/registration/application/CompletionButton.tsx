/** Step 5: finish the registration. */
import { useQueryClient } from "@tanstack/react-query";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../layout/Notice";

export function CompletionButton() {
  const { t } = useTranslation("registration");
  const queries = useQueryClient();
  const complete = useCommand<void, unknown>(
    () => unwrap(onboarding.POST("/onboarding/v1/me/completion")),
    () => queries.invalidateQueries({ queryKey: ["own"] }),
  );
  return (
    <div className="next-step">
      <p>{t("application.next.completion")}</p>
      {complete.error && <ProblemNotice problem={complete.error} />}
      <button
        type="button"
        className="button"
        aria-disabled={complete.isPending}
        onClick={() => !complete.isPending && complete.mutate()}
      >
        {complete.isPending ? t("fields.sending") : t("application.go.completion")}
      </button>
    </div>
  );
}
