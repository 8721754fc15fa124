/** What of the personal details is to be corrected: only what was changed is sent. */
import { parseTypedDate } from "../fields/typedDate";
import { documentParts, type PersonalData } from "../personal-data/personalData";

type Details = Pick<
  PersonalData,
  "document" | "document_number" | "given_names" | "surnames" | "single_name" | "birth_date"
>;

export interface Correction {
  country?: string;
  document_type?: string;
  document_number?: string;
  given_names?: string;
  surnames?: string;
  single_name?: boolean;
  birth_date?: string;
}

/** A document is sent whole; `single_name` removes the surnames. */
export function correctionOf(current: Details, typed: Details): Correction {
  const number = typed.document_number.trim();
  const hasOtherDocument =
    typed.document !== current.document || number !== current.document_number;
  return {
    ...(hasOtherDocument ? { ...documentParts(typed.document), document_number: number } : {}),
    ...changed("given_names", current.given_names, typed.given_names.trim()),
    ...(typed.single_name ? {} : changed("surnames", current.surnames, typed.surnames.trim())),
    ...(typed.single_name && current.surnames !== "" ? { single_name: true } : {}),
    ...(typed.birth_date === current.birth_date
      ? {}
      : { birth_date: parseTypedDate(typed.birth_date) ?? typed.birth_date }),
  };
}

function changed(name: "given_names" | "surnames", current: string, typed: string): Correction {
  return typed === current ? {} : { [name]: typed };
}
