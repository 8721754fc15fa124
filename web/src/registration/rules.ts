/** What the installation tells clients before a form: document types and consents. */
import { useQuery } from "@tanstack/react-query";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";

export type DocumentType = components["schemas"]["DocumentTypeAnswer"];
export type ConsentText = components["schemas"]["ConsentTextAnswer"];

const FOR_THIS_VISIT = { staleTime: Number.POSITIVE_INFINITY };

export function useDocumentTypes() {
  return useQuery<DocumentType[], ApiProblem>({
    queryKey: ["document-types"],
    queryFn: async () => (await unwrap(onboarding.GET("/onboarding/v1/document-types"))).items,
    ...FOR_THIS_VISIT,
  });
}

/** By language, because a text is agreed to in the words that were shown. */
export function useConsentTexts() {
  const { language: locale } = useTranslation();
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
