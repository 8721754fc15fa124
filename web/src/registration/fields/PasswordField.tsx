/** A password that can be shown and pasted. */
import { type ReactNode, useState } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { useTranslation } from "@/i18n";
import { FieldShell, type FieldTexts } from "./FieldShell";
import { withoutRules } from "./TextField";

interface Props extends FieldTexts {
  registration: UseFormRegisterReturn;
  autoComplete: "current-password" | "new-password";
  maxLength?: number;
  /** Stands below the control, such as its strength. */
  children?: ReactNode;
}

export function PasswordField(props: Props) {
  const { registration, autoComplete, maxLength, children, ...texts } = props;
  const { t } = useTranslation("registration");
  const [isShown, setShown] = useState(false);
  return (
    <FieldShell {...texts}>
      {(attributes) => (
        <>
          <div className="with-button">
            <input
              type={isShown ? "text" : "password"}
              autoComplete={autoComplete}
              autoCapitalize="none"
              spellCheck={false}
              maxLength={maxLength}
              {...withoutRules(registration)}
              {...attributes}
            />
            <button
              type="button"
              className="text-button"
              aria-pressed={isShown}
              aria-label={t("password.show")}
              onClick={() => setShown(!isShown)}
            >
              {isShown ? t("password.hideShort") : t("password.showShort")}
            </button>
          </div>
          {children}
        </>
      )}
    </FieldShell>
  );
}
