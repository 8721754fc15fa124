/** Sign-in of staff by e-mail and password. */
import { Alert, Button, Card, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiProblem, asProblem } from "@/api/problems";
import { type EndReason, signIn } from "@/session/session";
import { LanguageSwitch } from "../layout/LanguageSwitch";
import { ProblemNotice } from "../ui/ProblemNotice";

interface Credentials {
  email: string;
  password: string;
}

export function SignInPage({ reason }: { reason: EndReason | null }) {
  const { t } = useTranslation();
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

  return (
    <main className="sign-in">
      <title>{`${t("signIn.title")} · ${t("brand")}`}</title>
      <div className="sign-in-language">
        <LanguageSwitch />
      </div>
      <Card className="sign-in-card">
        <h1>{t("signIn.title")}</h1>
        {reason !== null && (
          <Alert type="info" showIcon title={t(`signIn.reason.${reason}`)} className="gap-below" />
        )}
        {problem !== null && <SignInProblem problem={problem} />}
        <Form<Credentials> layout="vertical" requiredMark={false} onFinish={submit}>
          <Form.Item
            name="email"
            label={t("signIn.email")}
            rules={[{ required: true, message: t("signIn.emailMissing") }]}
          >
            <Input type="email" autoComplete="username" autoFocus size="large" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t("signIn.password")}
            rules={[{ required: true, message: t("signIn.passwordMissing") }]}
          >
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={isSending}>
            {t("signIn.submit")}
          </Button>
        </Form>
      </Card>
    </main>
  );
}

function SignInProblem({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation();
  if (problem.type === "origin-refused") {
    return <Alert type="error" showIcon title={t("signIn.otherAddress")} className="gap-below" />;
  }
  return (
    <div className="gap-below">
      <ProblemNotice problem={problem} />
    </div>
  );
}
