/** The fields of an operator's decision: a reason from a list, and a note. */
import { Input, Select } from "antd";
import { useTranslation } from "@/i18n";
import { Labelled } from "./Labelled";
import { useFormats } from "./titles";

/** Whether the decision says why: the reason "other" needs a note. */
export function isExplained(reason: string | null, note: string): boolean {
  return reason !== null && (reason !== "other" || note.trim() !== "");
}

interface ReasonProps<Code extends string> {
  codes: readonly Code[];
  value: Code | null;
  onChange: (code: Code) => void;
}

export function ReasonField<Code extends string>({ codes, value, onChange }: ReasonProps<Code>) {
  const { t } = useTranslation("console");
  const { title } = useFormats();
  const options = codes.map((code) => ({ value: code, label: title("reason", code) }));
  return (
    <Labelled label={t("reason")}>
      {(id) => <Select<Code> id={id} value={value} onChange={onChange} options={options} />}
    </Labelled>
  );
}

interface NoteProps {
  hint?: string;
  /** Whether the reason says nothing without a note. */
  isRequired?: boolean;
  value: string;
  onChange: (note: string) => void;
}

export function NoteField({ hint, isRequired = false, value, onChange }: NoteProps) {
  const { t } = useTranslation("console");
  return (
    <Labelled label={t(isRequired ? "noteRequired" : "note")} hint={hint ?? t("noteHint")}>
      {(id) => (
        <Input.TextArea
          id={id}
          rows={3}
          maxLength={500}
          required={isRequired}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}
