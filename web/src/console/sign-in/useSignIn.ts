import { useState } from "react";
import { type ApiProblem, asProblem } from "@/api/problems";
import { signIn } from "@/session/session";

interface Credentials {
  email: string;
  password: string;
}

interface SignIn {
  problem: ApiProblem | null;
  isSending: boolean;
  submit: (credentials: Credentials) => Promise<void>;
}

/** Sign-in by e-mail and password; a success replaces the page that uses this. */
export function useSignIn(): SignIn {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isSending, setSending] = useState(false);

  async function submit({ email, password }: Credentials): Promise<void> {
    setSending(true);
    setProblem(null);
    try {
      await signIn({ email: email.trim(), password });
    } catch (error) {
      setProblem(asProblem(error));
      setSending(false);
    }
  }

  return { problem, isSending, submit };
}
