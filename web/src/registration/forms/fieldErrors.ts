/** Errors of the services at the fields of a form. */
import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import type { ApiProblem, FieldProblem } from "@/api/problems";

/** The form's name of a service's field, or null for a field that the form does not have. */
export type FieldNames<Values extends FieldValues> = (field: string) => FieldPath<Values> | null;

/**
 * Show the errors at their fields and move to the first one; those without a field are returned.
 */
export function showFieldErrors<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  errors: FieldProblem[],
  nameOf: FieldNames<Values>,
): FieldProblem[] {
  const elsewhere: FieldProblem[] = [];
  let isFirst = true;
  for (const error of errors) {
    const name = nameOf(error.field);
    if (name === null) {
      elsewhere.push(error);
    } else {
      form.setError(name, { type: "service", message: error.message }, { shouldFocus: isFirst });
      isFirst = false;
    }
  }
  return elsewhere;
}

/** What the problem says beside its fields: nothing if every error has its place in the form. */
export function problemBesideFields<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  problem: ApiProblem,
  nameOf: FieldNames<Values>,
): ApiProblem | null {
  if (problem.errors.length === 0) return problem;
  const elsewhere = showFieldErrors(form, problem.errors, nameOf);
  if (elsewhere.length === 0) return null;
  return problem.withDetail(elsewhere.map(({ message }) => message).join(" "));
}
