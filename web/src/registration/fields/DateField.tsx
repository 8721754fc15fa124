/** A date that is typed, or picked with the browser's own calendar. */
import { useRef } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { FieldShell, type FieldTexts } from "./FieldShell";
import { withoutRules } from "./TextField";
import { parseTypedDate, typedDate } from "./typedDate";

interface Props extends FieldTexts {
  registration: UseFormRegisterReturn;
  /** What is typed now. */
  value: string;
  onPick: (text: string) => void;
  autoComplete?: string;
}

export function DateField({ registration, value, onPick, autoComplete, ...texts }: Props) {
  const { t } = useTranslation("registration");
  const calendar = useRef<HTMLInputElement>(null);
  return (
    <FieldShell {...texts}>
      {(attributes) => (
        <div className="with-button">
          <input
            type="text"
            inputMode="text"
            maxLength={20}
            autoComplete={autoComplete}
            {...withoutRules(registration)}
            {...attributes}
          />
          <button
            type="button"
            className="text-button"
            onClick={() => calendar.current?.showPicker()}
          >
            {t("fields.pickDate")}
          </button>
          <input
            ref={calendar}
            className="picker"
            type="date"
            tabIndex={-1}
            aria-hidden="true"
            value={parseTypedDate(value) ?? ""}
            onChange={({ target }) => target.value && onPick(typedDate(target.value))}
          />
        </div>
      )}
    </FieldShell>
  );
}
