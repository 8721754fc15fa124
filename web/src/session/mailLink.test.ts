import { beforeEach, describe, expect, it } from "vitest";
import { forgetMailLink, parseMailLink, takeMailLink } from "./mailLink";

describe("the link of a mail", () => {
  beforeEach(forgetMailLink);

  it("is kept in memory and leaves the address", () => {
    window.history.replaceState(null, "", "/activate#id.token");

    expect(takeMailLink()).toEqual({ id: "id", token: "token" });
    expect(window.location.href).not.toContain("token");
    expect(takeMailLink()).toEqual({ id: "id", token: "token" });
  });

  it("belongs to its page only", () => {
    window.history.replaceState(null, "", "/activate#id.token");
    takeMailLink();
    window.history.replaceState(null, "", "/reset-password");

    expect(takeMailLink()).toBeNull();
  });

  it("is no other fragment", () => {
    window.history.replaceState(null, "", "/registration#content");

    expect(takeMailLink()).toBeNull();
    expect(window.location.hash).toBe("#content");
  });

  it.each(["", "#", "#id", "#id.", "#.token", "#a.b.c"])("%s is not complete", (fragment) => {
    expect(parseMailLink(fragment)).toBeNull();
  });
});
