/** Sign-in of staff by e-mail and password. */
import { Alert, Button, Form, Input } from "antd";
import { Link } from "react-router";
import { useTranslation } from "@/i18n";
import type { EndReason } from "@/session/session";
import { SignInFrame } from "./SignInFrame";
import { SignInProblem } from "./SignInProblem";
import { useSignIn } from "./useSignIn";

export function SignInPage({ reason }: { reason: EndReason | null }) {
  const { t } = useTranslation("console");
  const { problem, isSending, submit } = useSignIn();
  return (
    <SignInFrame title={t("signIn.title")}>
      {reason !== null && (
        <Alert type="info" showIcon title={t(`signIn.reason.${reason}`)} className="gap-below" />
      )}
      {problem !== null && <SignInProblem problem={problem} />}
      <Form<{ email: string; password: string }>
        layout="vertical"
        requiredMark={false}
        onFinish={(typed) => void submit(typed)}
      >
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
        <Button
          type="primary"
          htmlType="submit"
          size="large"
          block
          loading={isSending}
          className="gap-below"
        >
          {t("signIn.submit")}
        </Button>
      </Form>
      <Link to="/forgotten-password">{t("forgotten.link")}</Link>
    </SignInFrame>
  );
}
