/** What step 3 asks for, and how it is sent. */
import type { FieldPath } from "react-hook-form";
import type { components } from "@/api/generated/onboarding";
import type { Employment } from "../application/ownApplication";
import { formatAmount, parseMoney } from "../fields/money";

export type EmploymentBody = components["schemas"]["EmploymentBody"];
export type ContractType = components["schemas"]["ContractType"];

export interface EmploymentValues {
  /** What is typed; together with `payer_id` the name of a payer that was found. */
  payer_name: string;
  payer_id: string | null;
  /** Of a payer that is not in the catalogue. */
  payer_tax_id: string;
  position: string;
  contract_type: ContractType | "";
  salary: string;
  deductions: { concept: string; amount: string }[];
  contact_name: string;
  contact_phone: string;
  contact_email: string;
}

export type EmploymentField = FieldPath<EmploymentValues>;

const FIELDS: Record<string, EmploymentField> = {
  payer_id: "payer_name",
  payer: "payer_name",
  "payer.name": "payer_name",
  "payer.tax_id": "payer_tax_id",
  position: "position",
  contract_type: "contract_type",
  currency: "salary",
  net_monthly_salary_cents: "salary",
  payer_contact: "contact_phone",
  "payer_contact.name": "contact_name",
  "payer_contact.phone": "contact_phone",
  "payer_contact.email": "contact_email",
};

/** The form's field of a service's field such as `deductions.0.amount_cents`. */
export function employmentField(field: string): EmploymentField | null {
  const [list, index, part] = field.split(".");
  if (list === "deductions") {
    return `deductions.${Number(index ?? 0)}.${part === "concept" ? "concept" : "amount"}`;
  }
  return FIELDS[field] ?? null;
}

export function employmentValues(
  known: Employment | null | undefined,
  language: string,
): EmploymentValues {
  const amount = (cents: number | null | undefined) =>
    cents == null ? "" : formatAmount(cents, language);
  return {
    payer_name: known?.payer?.name ?? "",
    payer_id: known?.payer_id ?? null,
    payer_tax_id: "",
    position: known?.position ?? "",
    contract_type: known?.contract_type ?? "",
    salary: amount(known?.net_monthly_salary_cents),
    deductions: (known?.deductions ?? []).map(({ concept, amount_cents }) => ({
      concept,
      amount: amount(amount_cents),
    })),
    contact_name: known?.payer_contact?.name ?? "",
    contact_phone: known?.payer_contact?.phone ?? "",
    contact_email: known?.payer_contact?.email ?? "",
  };
}

/** The declaration; the form has checked by then that the amounts are amounts. */
export function employmentBody(values: EmploymentValues, currency: string): EmploymentBody {
  return {
    ...payerPart(values),
    position: values.position.trim(),
    contract_type: values.contract_type as ContractType,
    currency,
    net_monthly_salary_cents: parseMoney(values.salary) ?? 0,
    deductions: values.deductions.map(({ concept, amount }) => ({
      concept: concept.trim(),
      amount_cents: parseMoney(amount) ?? 0,
    })),
    payer_contact: {
      name: values.contact_name.trim(),
      ...filled("phone", values.contact_phone),
      ...filled("email", values.contact_email),
    },
  };
}

/** What the checks of these fields need; `payer_contact` is checked as a whole. */
export function employmentDraft(values: EmploymentValues, fields: EmploymentField[]) {
  const body = employmentBody(values, "COP");
  const draft: Partial<EmploymentBody> = {};
  for (const field of fields) {
    if (field === "position") draft.position = body.position;
    if (field.startsWith("contact_")) draft.payer_contact = body.payer_contact;
    if (field === "payer_tax_id" && body.payer) draft.payer = body.payer;
  }
  return draft;
}

function payerPart(values: EmploymentValues): Pick<EmploymentBody, "payer_id" | "payer"> {
  if (values.payer_id !== null) return { payer_id: values.payer_id };
  return { payer: { name: values.payer_name.trim(), ...filled("tax_id", values.payer_tax_id) } };
}

function filled<Name extends string>(name: Name, text: string): { [key in Name]?: string } {
  return text.trim() === "" ? {} : ({ [name]: text.trim() } as { [key in Name]: string });
}
