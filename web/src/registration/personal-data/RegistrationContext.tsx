/**
 * The registration of this visit, kept in memory only: what was typed in step 1 survives going to
 * another page and back, and the mail can be sent again without asking for everything.
 */
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { NO_PERSONAL_DATA, type PersonalData } from "./personalData";

export interface SentRegistration {
  registrationId: string;
  email: string;
  password: string;
}

interface RegistrationMemory {
  draft: PersonalData;
  keepDraft: (draft: PersonalData) => void;
  sent: SentRegistration | null;
  setSent: (sent: SentRegistration | null) => void;
}

const RegistrationContext = createContext<RegistrationMemory | null>(null);

export function RegistrationProvider({ children }: { children: ReactNode }) {
  const [draft, keepDraft] = useState<PersonalData>(NO_PERSONAL_DATA);
  const [sent, setSent] = useState<SentRegistration | null>(null);
  const memory = useMemo(() => ({ draft, keepDraft, sent, setSent }), [draft, sent]);
  return <RegistrationContext value={memory}>{children}</RegistrationContext>;
}

export function useRegistration(): RegistrationMemory {
  const memory = useContext(RegistrationContext);
  if (memory === null) throw new Error("there is no registration here");
  return memory;
}
