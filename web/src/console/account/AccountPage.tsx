/** The own account: who is signed in, and another password. */
import { Alert, App, Button, Form, Input } from "antd";
import { onboarding } from "@/api/clients";
import { unwrap } from "@/api/problems";
import { useCommand } from "@/api/useCommand";
import { useTranslation } from "@/i18n";
import { useSignedIn } from "@/session/SignedInContext";
import { Facts, Panel } from "../ui/Facts";
import { NewPasswordField } from "../ui/NewPasswordField";
import { PageHead } from "../ui/PageHead";
import { ProblemNotice } from "../ui/ProblemNotice";

export default function AccountPage() {
  const { t } = useTranslation("console");
  const { email, roles } = useSignedIn();
  return (
    <>
      <PageHead title={t("account.title")} />
      <Panel title={t("account.who")}>
        <Facts
          facts={[
            [t("signIn.email"), email],
            [t("staff.role"), roles.map((role) => t(`role.${role}`)).join(", ")],
          ]}
        />
      </Panel>
      <Panel title={t("signIn.password")}>
        {email === null ? <Alert type="info" title={t("account.elsewhere")} /> : <PasswordForm />}
      </Panel>
    </>
  );
}

interface Passwords {
  current_password: string;
  password: string;
}

function PasswordForm() {
  const { t } = useTranslation("console");
  const { message } = App.useApp();
  const { email } = useSignedIn();
  const [form] = Form.useForm<Passwords>();
  const change = useCommand(
    (body: Passwords) => unwrap(onboarding.PUT("/onboarding/v1/me/password", { body })),
    () => {
      form.resetFields();
      void message.success(t("account.done"));
    },
  );
  return (
    <Form<Passwords>
      form={form}
      layout="vertical"
      requiredMark={false}
      className="narrow"
      onFinish={(typed) => change.mutate(typed)}
    >
      <p>{t("account.hint")}</p>
      {change.error !== null && (
        <div className="gap-below">
          <ProblemNotice problem={change.error} />
        </div>
      )}
      <input type="hidden" autoComplete="username" value={email ?? ""} readOnly />
      <Form.Item
        name="current_password"
        label={t("password.current")}
        rules={[{ required: true, message: t("signIn.passwordMissing") }]}
      >
        <Input.Password autoComplete="current-password" size="large" />
      </Form.Item>
      <NewPasswordField />
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t("account.submit")}
      </Button>
    </Form>
  );
}
