/** The payer of the salary: searched while typing, or typed in when it is not in the catalogue. */
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useFormContext } from "react-hook-form";
import { onboarding } from "@/api/clients";
import type { components } from "@/api/generated/onboarding";
import { type ApiProblem, unwrap } from "@/api/problems";
import { useTranslation } from "@/i18n";
import { FieldShell } from "../fields/FieldShell";
import { withoutRules } from "../fields/TextField";
import type { EmploymentValues } from "./employmentForm";

type Payer = components["schemas"]["PayerFound"];

const TYPING_PAUSE_MS = 250;
const MIN_LETTERS = 2;
const SHOWN = 8;

export function PayerField() {
  const { t } = useTranslation("registration");
  const { register, watch, setValue, formState } = useFormContext<EmploymentValues>();
  const typed = watch("payer_name");
  const isChosen = watch("payer_id") !== null;
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const listId = useId();
  const { payers, hasAnswer } = usePayers(isOpen && !isChosen ? typed : "");
  const isShown = isOpen && payers.length > 0;

  function choose(payer: Payer): void {
    setValue("payer_name", payer.name, { shouldDirty: true, shouldValidate: true });
    setValue("payer_id", payer.payer_id);
    setOpen(false);
  }

  function type(): void {
    setValue("payer_id", null);
    setActive(-1);
    setOpen(true);
  }

  function move({ key, preventDefault }: Pick<KeyboardEvent, "key" | "preventDefault">): void {
    const chosen = payers[active];
    if (key === "Escape") setOpen(false);
    if (!isShown) return;
    if (key === "Enter" && chosen !== undefined) choose(chosen);
    else if (key === "ArrowDown") setActive((active + 1) % payers.length);
    else if (key === "ArrowUp") setActive((active + payers.length - 1) % payers.length);
    else return;
    preventDefault();
  }

  return (
    <div className="combobox">
      <FieldShell
        label={t("employment.payer")}
        hint={t("employment.payerHint")}
        error={formState.errors.payer_name?.message}
      >
        {(attributes) => (
          <input
            type="text"
            role="combobox"
            autoComplete="off"
            maxLength={200}
            aria-expanded={isShown}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={isShown && active >= 0 ? `${listId}-${active}` : undefined}
            onKeyDown={(event) =>
              move({ key: event.key, preventDefault: () => event.preventDefault() })
            }
            {...withoutRules(
              register("payer_name", {
                required: t("fields.required"),
                onChange: type,
                onBlur: () => setOpen(false),
              }),
            )}
            {...attributes}
          />
        )}
      </FieldShell>
      <div id={listId} role="listbox" aria-label={t("employment.payersFound")} hidden={!isShown}>
        {payers.map((payer, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the combobox
          <div
            key={payer.payer_id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            // The click comes after the field has lost the focus and closed the list.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(payer)}
          >
            {payer.name}
            {payer.tax_id && <small>{payer.tax_id}</small>}
          </div>
        ))}
      </div>
      <p className="hint" aria-live="polite">
        {isOpen && !isChosen && hasAnswer && payers.length === 0 && t("employment.payerUnknown")}
      </p>
    </div>
  );
}

function usePayers(typed: string): { payers: Payer[]; hasAnswer: boolean } {
  const words = usePaused(typed.trim());
  const found = useQuery<Payer[], ApiProblem>({
    queryKey: ["payers", words],
    queryFn: async () => {
      const params = { query: { q: words, limit: SHOWN } };
      return (await unwrap(onboarding.GET("/onboarding/v1/payers", { params }))).items;
    },
    enabled: words.length >= MIN_LETTERS,
    placeholderData: (previous) => previous,
  });
  const isEnabled = typed.trim().length >= MIN_LETTERS && words.length >= MIN_LETTERS;
  return {
    payers: isEnabled ? (found.data ?? []) : [],
    hasAnswer: isEnabled && found.isSuccess && !found.isFetching && words === typed.trim(),
  };
}

function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
