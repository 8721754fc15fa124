/** Checks of fields while a form is filled in, with the service's own messages. */
import { useEffect, useRef } from "react";
import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import type { FieldProblem } from "@/api/problems";
import { useTranslation } from "@/i18n";
import type { FieldNames } from "./fieldErrors";

/**
 * Returns a function that checks fields which the person has left. A failed check says nothing:
 * the form is checked again when it is sent. Answers that come after a change are dropped.
 */
export function useLiveChecks<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  nameOf: FieldNames<Values>,
  ask: (values: Values, fields: FieldPath<Values>[]) => Promise<FieldProblem[]>,
): (fields: FieldPath<Values>[]) => Promise<void> {
  const { language } = useTranslation();
  const { isSubmitted } = form.formState;
  const checked = useRef(new Set<FieldPath<Values>>());

  async function check(fields: FieldPath<Values>[]): Promise<void> {
    const before = fields.map((field) => form.getValues(field));
    for (const field of fields) checked.current.add(field);
    const errors = await ask(form.getValues(), fields).catch(() => null);
    if (errors === null) return;
    for (const [index, field] of fields.entries()) {
      if (form.getValues(field) !== before[index]) continue;
      const error = errors.find((each) => nameOf(each.field) === field);
      if (error !== undefined) form.setError(field, { type: "service", message: error.message });
      else if (form.getFieldState(field).error?.type === "service") form.clearErrors(field);
    }
  }

  async function showInLanguage(): Promise<void> {
    if (isSubmitted) await form.trigger();
    if (checked.current.size > 0) await check([...checked.current]);
  }

  // Messages that are shown change with the language.
  const latest = useRef(showInLanguage);
  latest.current = showInLanguage;
  const shownLanguage = useRef(language);
  useEffect(() => {
    if (shownLanguage.current === language) return;
    shownLanguage.current = language;
    void latest.current();
  }, [language]);

  return check;
}
