/** Single letters as commands of the review, which a member of staff can switch off. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Switch } from "antd";
import { useId } from "react";
import { query } from "@/api/clients";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useKeys } from "../ui/useKeys";

const KEY = ["console-preferences"];
const NO_KEYS = {};

function usePreferences() {
  return useQuery({
    queryKey: KEY,
    queryFn: () => unwrap(query.GET("/query/v1/console-preferences")),
    staleTime: 10 * 60_000,
  });
}

/** Until then no letter may be pressed, because it might have been switched off. */
export function useReviewKeysAreKnown(): boolean {
  return !usePreferences().isPending;
}

/** Off where it cannot be read. */
function useKeysAreOn(): boolean {
  return usePreferences().data?.review_keys ?? false;
}

export function useReviewKeys(actions: Record<string, () => void>): void {
  useKeys(useKeysAreOn() ? actions : NO_KEYS);
}

/** The letter beside the text of a button. */
export function KeyHint({ letter }: { letter: string }) {
  return useKeysAreOn() ? <kbd>{letter}</kbd> : null;
}

/** The switch, and which letters there are. */
export function ReviewKeysSwitch() {
  const { t } = useTranslation("console");
  const id = useId();
  const isOn = useKeysAreOn();
  const queries = useQueryClient();
  const change = useMutation<{ review_keys: boolean }, ApiProblem, boolean>({
    mutationFn: (review_keys) =>
      unwrap(query.PUT("/query/v1/console-preferences", { body: { review_keys } })),
    onSuccess: (saved) => queries.setQueryData(KEY, saved),
  });
  return (
    <div className="review-keys">
      <Switch
        id={id}
        size="small"
        checked={isOn}
        loading={change.isPending}
        onChange={(next) => change.mutate(next)}
      />
      <label htmlFor={id}>{t("review.keysOn")}</label>
      {isOn && <span className="quiet">{t("review.keys")}</span>}
      {change.error !== null && <ProblemNotice problem={change.error} />}
    </div>
  );
}
