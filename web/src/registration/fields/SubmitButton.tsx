import type { ReactNode } from "react";
import { useTranslation } from "@/i18n";

interface Props {
  isSending: boolean;
  children: ReactNode;
}

/** It stays enabled and focused while sending; a second press is ignored by the form. */
export function SubmitButton({ isSending, children }: Props) {
  const { t } = useTranslation("registration");
  return (
    <button type="submit" className="button" aria-disabled={isSending}>
      {isSending ? t("fields.sending") : children}
    </button>
  );
}
