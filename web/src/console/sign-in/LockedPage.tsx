/** The locked console: the password of who was signed in opens it at the same page. */
import { Button, Card, Form, Input } from "antd";
import { useTranslation } from "@/i18n";
import { PageTitle } from "../ui/PageTitle";
import { SignInProblem } from "./SignInProblem";
import { useSignIn } from "./useSignIn";

interface Props {
  email: string;
  onOther: () => void;
}

export function LockedPage({ email, onOther }: Props) {
  const { t } = useTranslation("console");
  const { problem, isSending, submit } = useSignIn();
  return (
    <main className="sign-in">
      <PageTitle title={t("signIn.locked")} />
      <Card className="sign-in-card">
        <h1>{t("signIn.locked")}</h1>
        <p>{t("signIn.lockedHint", { email })}</p>
        {problem !== null && <SignInProblem problem={problem} />}
        <Form<{ password: string }>
          layout="vertical"
          requiredMark={false}
          onFinish={({ password }) => void submit({ email, password })}
        >
          <input type="hidden" autoComplete="username" value={email} readOnly />
          <Form.Item
            name="password"
            label={t("signIn.password")}
            rules={[{ required: true, message: t("signIn.passwordMissing") }]}
          >
            <Input.Password autoComplete="current-password" autoFocus size="large" />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={isSending}>
            {t("signIn.unlock")}
          </Button>
        </Form>
        <Button type="link" onClick={onOther}>
          {t("signIn.other")}
        </Button>
      </Card>
    </main>
  );
}
