import { describe, expect, it } from "vitest";
import { draftBody, NO_PERSONAL_DATA, personalDataField, registrationBody } from "./personalData";

const TEXTS = [
  { purpose: "personal_data", text_version: "2026-01", text: "", sha256: "", required: true },
  { purpose: "marketing", text_version: "2026-02", text: "", sha256: "", required: false },
] as const;

const FILLED = {
  ...NO_PERSONAL_DATA,
  document: "CO:CC",
  document_number: " 1.032.456.789 ",
  birth_date: "12/04/1985",
  password: "secreto",
};

describe("step 1", () => {
  it("is sent with the version of each accepted text", () => {
    const consents = { personal_data: true, marketing: false };
    const body = registrationBody({ ...FILLED, consents }, [...TEXTS], null);

    expect(body.consents).toEqual([{ purpose: "personal_data", text_version: "2026-01" }]);
    expect(body).toMatchObject({ country: "CO", document_type: "CC", birth_date: "1985-04-12" });
    expect(body.document_number).toBe("1.032.456.789");
  });

  it("is sent without surnames for somebody with only one name", () => {
    const body = registrationBody({ ...FILLED, single_name: true, surnames: "x" }, [], null);

    expect(body).toMatchObject({ single_name: true });
    expect(body).not.toHaveProperty("surnames");
  });

  it("is checked without what is empty, and with the password only if that is checked", () => {
    expect(draftBody(FILLED, ["document_number"], null)).not.toHaveProperty("password");
    expect(draftBody(FILLED, ["document_number"], null)).not.toHaveProperty("email");
    expect(draftBody(FILLED, ["password"], "express")).toMatchObject({
      password: "secreto",
      project: "express",
    });
  });

  it("is checked without a date that is still being typed", () => {
    expect(draftBody({ ...FILLED, birth_date: "12/0" }, ["phone"], null)).not.toHaveProperty(
      "birth_date",
    );
  });

  it.each([
    ["document_type", "document"],
    ["details.phone", "phone"],
    ["new_password", "password"],
    ["consents.0.text_version", "consents.personal_data"],
    ["channel", null],
  ])("shows an error of %s at %s", (field, name) => {
    expect(personalDataField(field)).toBe(name);
  });
});
