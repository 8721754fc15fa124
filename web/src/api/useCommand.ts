/** A command of one user action: repeating it after a failure keeps its idempotency key. */
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import type { ApiProblem } from "./problems";
import { whileAway } from "./queryClient";

/**
 * `send` receives the input and the idempotency key. The same input sent again after a failed call
 * has the same key, so a command whose response was lost takes effect once, also if the version
 * that it is based on (`etag`) was read again meanwhile. The command is repeated while a service
 * has lost a server.
 */
export function useCommand<Input, Result>(
  send: (input: Input, idempotencyKey: string) => Promise<Result>,
  onDone?: (result: Result, input: Input) => void | Promise<void>,
): UseMutationResult<Result, ApiProblem, Input> {
  const pending = useRef<{ input: string; key: string } | null>(null);
  return useMutation<Result, ApiProblem, Input>({
    mutationFn: (input) => {
      const content = withoutVersion(input);
      if (pending.current?.input !== content) {
        pending.current = { input: content, key: crypto.randomUUID() };
      }
      return send(input, pending.current.key);
    },
    ...whileAway,
    onSuccess: async (result, input) => {
      pending.current = null;
      await onDone?.(result, input);
    },
  });
}

function withoutVersion(input: unknown): string {
  return JSON.stringify(input ?? null, (name, value) => (name === "etag" ? undefined : value));
}
