/** A new password with its strength: first its length, then what the service says of it. */
import { useEffect, useState } from "react";
import { useFormContext } from "react-hook-form";
import { useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { PasswordField } from "../fields/PasswordField";
import type { PersonalData } from "./personalData";
import type { Check } from "./usePersonalDataChecks";

const TYPING_PAUSE_MS = 500;

interface Props {
  label: string;
  check: Check;
}

export function NewPasswordField({ label, check }: Props) {
  const { t } = useTranslation("registration");
  const { register, watch, formState } = useFormContext<PersonalData>();
  const limits = useRules().data?.password;
  const password = watch("password");
  const error = formState.errors.password?.message;
  const checked = useCheckedAfterTyping(password, limits?.min_length ?? 0, check);
  return (
    <PasswordField
      label={label}
      hint={limits && t("password.hint", { count: limits.min_length })}
      error={error}
      autoComplete="new-password"
      maxLength={limits?.max_length ?? 128}
      registration={register("password", {
        required: t("fields.required"),
        onBlur: () => void check("password"),
      })}
    >
      {limits && password !== "" && (
        <Strength
          length={[...password].length}
          needed={limits.min_length}
          isGood={checked === password && error === undefined}
        />
      )}
    </PasswordField>
  );
}

/** The last password that was checked when the person paused. */
function useCheckedAfterTyping(password: string, minLength: number, check: Check): string {
  const [checked, setChecked] = useState("");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `check` is new at each render
  useEffect(() => {
    if (minLength === 0 || [...password].length < minLength) return;
    const timer = setTimeout(() => {
      void check("password").then(() => setChecked(password));
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [password, minLength]);
  return checked;
}

interface StrengthProps {
  length: number;
  needed: number;
  isGood: boolean;
}

function Strength({ length, needed, isGood }: StrengthProps) {
  const { t } = useTranslation("registration");
  const missing = Math.max(0, needed - length);
  return (
    <div className={isGood ? "strength strength-good" : "strength"}>
      <progress max={needed} value={Math.min(length, needed)} aria-hidden="true" />
      <p aria-live="polite">
        {missing > 0 ? t("password.missing", { count: missing }) : isGood && t("password.good")}
      </p>
    </div>
  );
}
