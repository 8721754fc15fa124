import { describe, expect, it } from "vitest";
import { employmentBody, employmentField, employmentValues } from "./employmentForm";

const VALUES = {
  ...employmentValues(null, "es"),
  payer_name: "Alcaldía",
  position: " Docente ",
  contract_type: "indefinite" as const,
  salary: "3.100.000",
  deductions: [{ concept: "Libranza", amount: "200.000" }],
  contact_name: "Talento Humano",
  contact_phone: "3101234567",
};

describe("employment", () => {
  it("is sent in cents, with a payer of the catalogue", () => {
    expect(employmentBody({ ...VALUES, payer_id: "0190" }, "COP")).toEqual({
      payer_id: "0190",
      position: "Docente",
      contract_type: "indefinite",
      currency: "COP",
      net_monthly_salary_cents: 310_000_000,
      deductions: [{ concept: "Libranza", amount_cents: 20_000_000 }],
      payer_contact: { name: "Talento Humano", phone: "3101234567" },
    });
  });

  it("is sent with a payer that was typed in", () => {
    expect(employmentBody(VALUES, "COP")).toMatchObject({ payer: { name: "Alcaldía" } });
    expect(employmentBody(VALUES, "COP")).not.toHaveProperty("payer_id");
  });

  it.each([
    ["payer.tax_id", "payer_tax_id"],
    ["deductions.1.amount_cents", "deductions.1.amount"],
    ["deductions.0.concept", "deductions.0.concept"],
    ["deductions", "deductions.0.amount"],
    ["payer_contact.phone", "contact_phone"],
    ["unknown", null],
  ])("shows an error of %s at %s", (field, name) => {
    expect(employmentField(field)).toBe(name);
  });
});
