/** What the installation tells clients before a form: brand, limits, consents, document types. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { isLanguage } from "@/i18n";

export type Rules = components["schemas"]["RulesAnswer"];
export type DocumentType = components["schemas"]["DocumentTypeAnswer"];
export type ConsentText = components["schemas"]["ConsentTextAnswer"];

const FOR_THIS_VISIT = { staleTime: Number.POSITIVE_INFINITY };

export function useRules() {
  const { i18n } = useTranslation();
  return useQuery<Rules, ApiProblem>({
    queryKey: ["rules", i18n.language],
    queryFn: () => unwrap(onboarding.GET("/onboarding/v1/rules")),
    placeholderData: (previous) => previous,
    ...FOR_THIS_VISIT,
  });
}

export function useBrand(): string {
  const { t } = useTranslation();
  return useRules().data?.brand ?? t("brand");
}

export function useDocumentTypes() {
  const { i18n } = useTranslation();
  return useQuery<DocumentType[], ApiProblem>({
    queryKey: ["document-types", i18n.language],
    queryFn: async () => (await unwrap(onboarding.GET("/onboarding/v1/document-types"))).items,
    placeholderData: (previous) => previous,
    ...FOR_THIS_VISIT,
  });
}

export function useConsentTexts() {
  const { i18n } = useTranslation();
  const locale = isLanguage(i18n.language) ? i18n.language : "es";
  return useQuery<ConsentText[], ApiProblem>({
    queryKey: ["consent-texts", locale],
    queryFn: async () => {
      const params = { query: { locale } };
      return (await unwrap(onboarding.GET("/onboarding/v1/consent-texts", { params }))).items;
    },
    placeholderData: (previous) => previous,
    ...FOR_THIS_VISIT,
  });
}
