import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { beforeEach, expect, it } from "vitest";
import { networkProblem } from "./problems";
import { newQueryClient } from "./queryClient";
import { useCommand } from "./useCommand";

interface Block {
  note: string;
  etag: string;
}

let keys: string[] = [];
let isCut = false;

beforeEach(() => {
  keys = [];
  isCut = true;
});

function command() {
  const client = newQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const send = async (_: Block, key: string) => {
    keys.push(key);
    if (isCut) throw networkProblem();
  };
  const { result } = renderHook(() => useCommand(send), { wrapper });
  return (input: Block) => act(() => result.current.mutateAsync(input).catch(() => undefined));
}

it("has the same key when it is repeated, also with a version that was read again", async () => {
  const send = command();

  await send({ note: "call", etag: "1" });
  await send({ note: "call", etag: "2" });

  expect(new Set(keys).size).toBe(1);
});

it("has another key for another input and after a success", async () => {
  const send = command();

  await send({ note: "call", etag: "1" });
  isCut = false;
  await send({ note: "letter", etag: "1" });
  await send({ note: "letter", etag: "1" });

  expect(new Set(keys).size).toBe(3);
});
