import { describe, expect, it } from "vitest";
import { targets } from "./StatusChange";

describe("the statuses offered", () => {
  it("never make a pre-customer a customer: that is promotion only", () => {
    expect(targets("pre_customer", "pending", true)).toEqual(["disabled", "blocked"]);
  });

  it("are all others for a customer", () => {
    expect(targets("customer", "enabled", false)).toEqual(["pending", "disabled", "blocked"]);
  });

  it("leave a block only to those who may unblock", () => {
    expect(targets("customer", "blocked", false)).toEqual([]);
    expect(targets("customer", "blocked", true)).toContain("pending");
  });
});
