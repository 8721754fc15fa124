/** What the installation tells all clients: brand, limits of forms, time until the console locks. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "@/i18n";
import { onboarding } from "./clients";
import type { components } from "./generated/onboarding";
import { type ApiProblem, unwrap } from "./problems";

export type Rules = components["schemas"]["RulesAnswer"];

export function useRules() {
  return useQuery<Rules, ApiProblem>({
    queryKey: ["rules"],
    queryFn: () => unwrap(onboarding.GET("/onboarding/v1/rules")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useBrand(): string {
  const { t } = useTranslation();
  return useRules().data?.brand ?? t("brand");
}
