/** Live checks of step 1, and whether the document is already registered. */
import { useState } from "react";
import type { UseFormReturn } from "react-hook-form";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useLiveChecks } from "../forms/useLiveChecks";
import {
  documentParts,
  draftBody,
  type PersonalData,
  type PersonalDataField,
  personalDataField,
} from "./personalData";

export type Check = (...fields: PersonalDataField[]) => Promise<void>;

export function usePersonalDataChecks(form: UseFormReturn<PersonalData>, project: string | null) {
  const [isTaken, setTaken] = useState(false);
  const check = useLiveChecks<PersonalData>(form, personalDataField, async (values, fields) => {
    const body = draftBody(values, fields, project);
    return (await unwrap(onboarding.POST("/onboarding/v1/registrations/validation", { body })))
      .errors;
  });

  const checkFilled: Check = async (...fields) => {
    const filled = fields.filter((field) => form.getValues(field) !== "");
    if (filled.length > 0) await check(filled);
  };

  async function checkDocument(): Promise<void> {
    setTaken(false);
    await checkFilled("document_number");
    const { document, document_number } = form.getValues();
    if (document_number === "" || form.getFieldState("document_number").invalid) return;
    const body = { ...documentParts(document), document_number: document_number.trim() };
    const found = await unwrap(onboarding.POST("/onboarding/v1/document-checks", { body })).catch(
      () => null,
    );
    if (form.getValues("document_number") === document_number) {
      setTaken(found?.registered === true);
    }
  }

  return { check: checkFilled, checkDocument, isTaken };
}
