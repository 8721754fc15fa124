import { describe, expect, it } from "vitest";
import { correctionOf } from "./correction";

const CURRENT = {
  document: "CO:CC",
  document_number: "1032456789",
  given_names: "Ana María",
  surnames: "Peña Díaz",
  single_name: false,
  birth_date: "05/03/1990",
};

describe("a correction of personal details", () => {
  it("has nothing that was left as it is", () => {
    expect(correctionOf(CURRENT, { ...CURRENT, given_names: " Ana María " })).toEqual({});
  });

  it("has the document whole", () => {
    expect(correctionOf(CURRENT, { ...CURRENT, document_number: "1032456780" })).toEqual({
      country: "CO",
      document_type: "CC",
      document_number: "1032456780",
    });
  });

  it("removes the surnames of a person with one name", () => {
    const typed = { ...CURRENT, given_names: "Ana", single_name: true };
    expect(correctionOf(CURRENT, typed)).toEqual({ given_names: "Ana", single_name: true });
  });

  it("has the date as the service reads it", () => {
    const typed = { ...CURRENT, birth_date: "06/03/1990" };
    expect(correctionOf(CURRENT, typed)).toEqual({ birth_date: "1990-03-06" });
  });
});
