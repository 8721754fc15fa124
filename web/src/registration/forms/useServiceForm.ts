/** A form whose errors come from a service; a failed call leaves everything that was typed. */
import { useState } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import { type ApiProblem, asProblem } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { type FieldNames, problemBesideFields } from "./fieldErrors";

interface ServiceForm {
  /** What is wrong beside the errors shown at fields. */
  problem: ApiProblem | null;
  isSending: boolean;
  submit: (event?: React.BaseSyntheticEvent) => Promise<void>;
}

/** `send` gets the values and the idempotency key of this action; it throws `ApiProblem`. */
export function useServiceForm<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  nameOf: FieldNames<Values>,
  send: (values: Values, idempotencyKey: string) => Promise<void>,
): ServiceForm {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const command = useCommand<Values, void>(send);

  const submit = form.handleSubmit(async (values) => {
    if (command.isPending) return;
    setProblem(null);
    try {
      await command.mutateAsync(values);
    } catch (error) {
      setProblem(problemBesideFields(form, asProblem(error), nameOf));
    }
  });

  return { problem, isSending: command.isPending, submit };
}
