/** What step 1 asks for, and how it is sent. */
import type { FieldPath } from "react-hook-form";
import type { components } from "@/api/generated/onboarding";
import { currentLanguage } from "@/i18n";
import { parseTypedDate } from "../fields/typedDate";
import type { ConsentText } from "../rules";

export type RegistrationBody = components["schemas"]["RegistrationBody"];
export type DraftBody = Partial<RegistrationBody>;
type Purpose = ConsentText["purpose"];

export interface PersonalData {
  /** Country and code of the document type, such as `CO:CC`. */
  document: string;
  document_number: string;
  given_names: string;
  surnames: string;
  single_name: boolean;
  /** As typed. */
  birth_date: string;
  email: string;
  phone: string;
  password: string;
  consents: Record<Purpose, boolean>;
}

export type PersonalDataField = FieldPath<PersonalData>;

export const NO_PERSONAL_DATA: PersonalData = {
  document: "",
  document_number: "",
  given_names: "",
  surnames: "",
  single_name: false,
  birth_date: "",
  email: "",
  phone: "",
  password: "",
  consents: { personal_data: false, marketing: false },
};

const FIELDS: Record<string, PersonalDataField> = {
  country: "document",
  document_type: "document",
  document_number: "document_number",
  given_names: "given_names",
  surnames: "surnames",
  single_name: "surnames",
  birth_date: "birth_date",
  email: "email",
  phone: "phone",
  password: "password",
  new_password: "password",
  consents: "consents.personal_data",
};

/** The form's field of a service's field such as `consents.0.text_version`. */
export function personalDataField(field: string): PersonalDataField | null {
  const name = field.replace(/^details\./, "").split(".")[0] ?? "";
  return FIELDS[name] ?? null;
}

export function documentParts(document: string): { country: string; document_type: string } {
  const [country = "", document_type = ""] = document.split(":");
  return { country, document_type };
}

/** The part that an activation without the password asks for again. */
export function personalDetails(data: PersonalData, texts: ConsentText[]) {
  return {
    ...nameParts(data),
    birth_date: parseTypedDate(data.birth_date) ?? data.birth_date,
    phone: data.phone.trim(),
    consents: givenConsents(data, texts),
  };
}

export function registrationBody(
  data: PersonalData,
  texts: ConsentText[],
  project: string | null,
): RegistrationBody {
  return {
    channel: "web",
    locale: currentLanguage(),
    ...(project === null ? {} : { project }),
    ...documentParts(data.document),
    document_number: data.document_number.trim(),
    ...personalDetails(data, texts),
    email: data.email.trim(),
    password: data.password,
  };
}

/** What the checks of these fields need, without what is still empty. */
export function draftBody(
  data: PersonalData,
  fields: PersonalDataField[],
  project: string | null,
): DraftBody {
  const { consents: _, password, ...body } = registrationBody(data, [], project);
  const draft: DraftBody = fields.includes("password") ? { ...body, password } : body;
  const isUnread = parseTypedDate(data.birth_date) === null;
  return Object.fromEntries(
    Object.entries(draft).filter(([name, value]) => {
      return value !== "" && !(name === "birth_date" && isUnread);
    }),
  );
}

function nameParts({ given_names, surnames, single_name }: PersonalData) {
  if (single_name) return { given_names: given_names.trim(), single_name };
  return { given_names: given_names.trim(), surnames: surnames.trim() };
}

function givenConsents({ consents }: PersonalData, texts: ConsentText[]) {
  return texts
    .filter(({ purpose }) => consents[purpose])
    .map(({ purpose, text_version }) => ({ purpose, text_version }));
}
